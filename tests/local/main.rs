//! The embedded server, driven over the wire by the real AWS SDK.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod batch;
mod cloudwatch;
mod demo;
mod fan_out;
mod generate;
mod kinesis;
mod reshard;
mod support;
mod verdicts;
