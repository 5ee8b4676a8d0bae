//! What a person is told when something goes wrong: what happened, to what, and what to do. Canned answers over the wire.
#![allow(clippy::expect_used, clippy::panic)]

mod answers;
mod configuration;
mod server;
mod silence;
