//! kinescope: a desktop instrument for people on call for Amazon Kinesis Data Streams.
//!
//! The map of the code. Dependencies point one way, and `tests/architecture.rs` holds them there:
//!
//! ```text
//! main → cli, app → ui, tasks → aws → model
//!                   local ────────────→ model
//! ```
//!
//! - [`model`]: what is true about streams, shards, records and time. Pure: no window, no network, no clock.
//! - [`aws`]: the only place that names the AWS SDK. One error type, one call meter.
//! - [`local`]: the embedded default, a Kinesis- and CloudWatch-compatible server inside the process.
//! - [`tasks`]: what runs in the background: requests in slots, pollers, the tailer, the injector, the resharder.
//! - [`ui`]: theme, widgets, views and dialogs. Draws the [`model::world::World`], pushes [`ui::command::Command`]s.
//! - [`app`]: owns the world and the tasks; the only place where a command becomes a task.
//! - [`cli`]: the same answers in a terminal.

pub mod app;
pub mod aws;
pub mod cli;
pub mod local;
pub mod model;
pub mod tasks;
pub mod ui;
