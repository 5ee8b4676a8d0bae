//! The embedded default: a Kinesis- and CloudWatch-compatible server inside the process, its streams and its traffic.
//!
//! It has an engine of its own rather than an embedded third-party one: the servers at hand lack read limits, child
//! shards, true `MillisBehindLatest`, shard filters, metrics and a bound on memory, which are what this program is
//! about. Everything above it talks to it over HTTP with the same SDK clients as to AWS.
//!
//! Knows [`crate::model`] and nothing else of this program. Must not name the AWS SDK or the window.

pub mod demo;
pub mod engine;
mod options;
mod server;
mod wire;

pub use options::{LocalOptions, StreamSet};
pub use server::LocalServer;
