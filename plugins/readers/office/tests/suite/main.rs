//! The reader from outside: files built here, files that mean harm, and files of others.

mod bounds;
mod data;
mod hostile;
mod kit;
mod open;
mod sheets;
mod slides;
mod word;
