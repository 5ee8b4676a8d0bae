//! The store of past figures as a whole: killed, damaged, opened twice; and over the wire, where every metric asked for is
//! counted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod file;
mod wire;
