//! Counting without keeping: summaries of bounded size whose errors are known.
//!
//! - [`space_saving`]: the heaviest keys and how far each count may be off.
//! - [`hyper_log_log`]: how many different keys there were.
//! - [`tag`]: the hash that the tables of this program look keys up by.

pub mod hyper_log_log;
pub mod space_saving;
pub mod tag;
