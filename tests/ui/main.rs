//! The interface, driven by role and name, and pictures of it where looks are the point.

mod components;
mod fixture;
mod harness;
mod incident;
mod inject;
mod pictures;
mod reshard;
mod shards;
mod tail;
