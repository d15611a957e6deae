//! PrivateStack: a private AI assistant for a team, in one binary.
//!
//! A request walks through a few rooms; each room is one module with one door. This list runs
//! from the ground floor up, and a module imports only from the floors below its own
//! (`tests/floors.rs` keeps it so; `docs/ARCHITECTURE.md` says why).

// Floor 0: the nouns that two rooms share.
pub mod domain;
// Floor 1: every setting, its default and its unit.
pub mod config;
// Floor 2: what is kept, and how the network comes in.
pub mod net;
pub mod store;
// Floor 3: what runs models, and the order of the checks.
pub mod engine;
pub mod pipeline;
// Floor 4: who may do what, and the sandbox of the guests.
pub mod auth;
pub mod plugin;
// Floor 5: documents and the walls between workspaces.
pub mod rag;
pub mod workspaces;
// Floor 6: one turn, from question to cited answer; a workspace as one file.
pub mod chat;
pub mod parcels;
// Floor 7: HTTP.
pub mod api;
// Floor 8: put together, started, stopped, watched, commanded.
pub mod app;
pub mod cli;
pub mod telemetry;

// The door of the fuzzers, open to them alone (`tests/fuzz`).
#[cfg(fuzzing)]
#[doc(hidden)]
pub use engine::fuzzing;
