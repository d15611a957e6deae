//! Stories about people, through the real router, store, engine and plugins. One binary, so that
//! wasmtime and burn are linked once.

mod fits;
mod harness;
mod tiny_model;

mod answers;
mod commands;
mod control;
mod crash;
mod documents;
mod graph;
mod grounding;
mod guardrails;
mod life;
mod masking;
mod openai;
mod pipeline_cases;
mod pipelines;
mod queue;
mod readers;
mod routes;
mod stages;
