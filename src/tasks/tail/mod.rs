//! The tailer: reads all shards of a stream, each in order, parents before children, and never skips a record.
//!
//! [`machine`] decides, [`driver`] calls.

mod lineage;
pub mod machine;
pub mod reader;
#[cfg(test)]
mod tests;
