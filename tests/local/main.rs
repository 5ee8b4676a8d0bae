//! The embedded server, driven over the wire by the real AWS SDK.

mod cloudwatch;
mod kinesis;
mod support;
