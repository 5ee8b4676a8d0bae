//! The places of the window, one module each. A view draws the world and pushes commands.

pub mod activity;
pub mod connect;
pub mod fleet;
pub mod heatmap;
pub mod keys;
mod leftovers;
pub mod settings;
pub mod shards;
pub mod tail;
