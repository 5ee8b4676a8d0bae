//! The sampler: reads recent records of chosen shards and counts them, so that hot keys, bursts and a good split point can
//! be seen. Bounded in calls, bytes and memory, and the first to yield where reads are refused.
//!
//! [`reading`] decides for one shard, [`driver`] calls for all of them.

mod driver;
pub mod reading;

pub use driver::{Progress, SamplerHandle, SamplerOptions, sample_once, start_sampler};

#[cfg(test)]
mod tests;
