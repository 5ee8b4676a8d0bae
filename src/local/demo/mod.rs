//! The demo: streams worth looking at, an hour of generated past, and live traffic.
//!
//! Traffic goes through the same `PutRecords` and `GetRecords` as everybody's, limits included; nothing here writes
//! metrics of the live part. The past is generated from the same rates.

mod clickstream;
mod games;
mod history;
mod iot;
mod kpl;
mod logs;
mod orders;
mod source;
mod traffic;

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::engine::Engine;
use crate::model::time::Millis;
use source::Source;

/// Makes the streams and their past. Metrics before [`Engine::live_since`] are generated.
pub fn prepare(engine: &Arc<Engine>, seed: u64) {
    for mut source in sources(seed) {
        history::create(engine, source.spec());
        history::backfill(engine, source.as_mut(), seed);
    }
    history::create(engine, &SANDBOX);
    let registered = engine.live_since() - Millis::from_secs(31 * 86_400);
    engine.register_ready_consumer(orders::NAME, "fraud-scoring", registered);
    engine.put_alarm(history::hot_stream_alarm(engine, clickstream::NAME));
    engine.put_alarm(history::lag_alarm(engine, orders::NAME));
}

/// Starts the live traffic and its readers. Must be called inside a tokio runtime.
pub fn run(engine: &Arc<Engine>, seed: u64) -> Vec<JoinHandle<()>> {
    // Another seed than the past's, so that no order comes twice.
    let sources = sources(seed.wrapping_add(1));
    let readers = tokio::spawn(traffic::read(engine.clone(), traffic::readers(&sources)));
    vec![tokio::spawn(traffic::write(engine.clone(), sources)), readers]
}

/// Empty, for injecting and resharding.
const SANDBOX: source::Spec = source::Spec {
    name: "sandbox",
    shards: 1,
    is_on_demand: false,
    is_enhanced: false,
    days_old: 3,
    team: "you",
    lag: None,
};

fn sources(seed: u64) -> Vec<Box<dyn Source>> {
    vec![
        Box::new(clickstream::Clickstream::new(seed)),
        Box::new(iot::Sensors::new(seed)),
        Box::new(games::Games::new(seed)),
        Box::new(orders::Orders::new(seed)),
        Box::new(logs::Logs::new(seed)),
    ]
}

#[cfg(test)]
mod tests;
