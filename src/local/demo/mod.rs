//! The demo: its streams, their past, and their live traffic.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::engine::Engine;

/// Makes the streams and their past.
pub fn prepare(_engine: &Arc<Engine>, _seed: u64) {}

/// Starts the live traffic and its readers.
pub fn run(_engine: &Arc<Engine>, _seed: u64) -> Vec<JoinHandle<()>> {
    Vec::new()
}
