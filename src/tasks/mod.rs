//! What runs in the background: requests in slots, the look at all streams, the known minutes, the tailer, the sampler, the
//! injector, the resharder.
//! Names [`crate::aws`], [`crate::local`] and [`crate::model`], never the SDK and never a view.

pub mod change;
pub mod clock;
pub mod decode;
pub mod export;
pub mod fan_out;
pub mod filter;
pub mod fleet;
pub mod inject;
pub mod minutes;
pub mod plan;
pub mod plan_journal;
pub mod remedy;
pub mod reshard;
pub mod sampler;
pub mod session;
pub mod shard_histories;
pub mod sign_in;
pub mod slot;
mod steps;
pub mod tail;
pub mod wake;
