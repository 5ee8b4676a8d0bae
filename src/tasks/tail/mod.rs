//! The tailer: reads all shards of a stream, each in order, parents before children, and never skips a record.
//!
//! [`machine`] decides, [`driver`] calls.

mod driver;
mod lineage;
pub mod machine;
pub mod reader;

pub use driver::{TailBatch, TailHandle, start_tail};

#[cfg(test)]
mod tests;
