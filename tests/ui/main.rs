//! The interface, driven by role and name, and pictures of it where looks are the point.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod components;
mod fixture;
mod harness;
mod heat_controls;
mod heat_sampled;
mod heatmap;
mod incident;
mod inject;
mod inject_batch;
mod inject_generator;
mod keys;
mod pictures;
mod reshard;
mod reshard_isolate;
mod reshard_plan;
mod sampled;
mod settings;
mod shards;
mod shell;
mod snapshots;
mod stage;
mod stream_pictures;
mod streams;
mod tail;
mod tail_hostile;
mod tail_reading;
mod tail_routes;
mod tail_tools;
