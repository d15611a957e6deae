//! Nouns that two rooms share: plain data, no I/O, no async.

pub mod conversation;
pub mod document;
pub mod fault;
pub mod graph;
pub mod id;
pub mod model;
pub mod page;
pub mod principal;
pub mod secret;
pub mod time;
pub mod user;
pub mod verdict;
pub mod workspace;
