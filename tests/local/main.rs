//! The embedded server, driven over the wire by the real AWS SDK.

mod cloudwatch;
mod demo;
mod fan_out;
mod kinesis;
mod reshard;
mod support;
