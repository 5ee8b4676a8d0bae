//! The tailer: reads all shards of a stream, each in order, parents before children, and never skips a record.
//!
//! [`machine`] decides, [`driver`] calls.

mod arrivals;
mod driver;
mod lineage;
pub mod machine;
mod push;
pub mod reader;
mod subscriptions;

pub use driver::{TailBatch, TailHandle, start_tail, start_tail_as};

#[cfg(test)]
mod tests;
