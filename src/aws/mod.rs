//! AWS over the wire. The only place that names the SDK; everything it answers is a type of [`crate::model`], everything
//! that goes wrong a [`crate::model::answer::Problem`].
//!
//! Each family of operations has a file, and each operation is a method of [`connect::Connection`] whose description says
//! which calls it makes. Calls are counted in one place, [`meter`], and errors are mapped in one
//! place, [`error`].

#[cfg(test)]
mod canned;
pub mod connect;
pub mod error;
pub mod meter;
pub mod profiles;

mod details;
mod fanout;
mod identity;
mod limits;
mod manage;
mod metrics;
mod monitoring;
mod page;
mod page_body;
#[cfg(test)]
mod page_tests;
mod put;
mod records;
mod reshard;
mod sentence;
mod shards;
mod streams;
mod time;

pub use fanout::Subscription;
pub use metrics::MetricPoints;
pub use records::{ChildShard, RecordsPage};
