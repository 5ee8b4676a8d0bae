//! What runs in the background: requests in slots, the tailer. Names [`crate::aws`] and [`crate::model`], never the SDK.

pub mod slot;
pub mod wake;
