//! What is true about streams, shards, records and time.
//!
//! Pure: nothing here knows a window, the AWS SDK, an async runtime, a clock or the environment; the present is handed in.

pub mod account;
pub mod activity;
pub mod answer;
pub mod connection;
pub mod consumer;
pub mod decode;
pub mod export;
pub mod filter;
pub mod format;
pub mod hash_range;
pub mod health;
pub mod heat_grid;
pub mod heat_metric;
pub mod heat_range;
pub mod ids;
mod json_check;
pub mod json_scan;
pub mod json_tree;
pub mod limits;
pub mod mask;
pub mod meters;
pub mod metrics;
pub mod moment;
pub mod ndjson;
pub mod position;
pub mod record;
pub mod record_copy;
pub mod record_store;
pub mod sentence;
pub mod series;
pub mod settings;
pub mod shard_map;
pub mod shard_story;
pub mod stream;
pub mod tail;
pub mod time;
pub mod utilisation;
pub mod world;
pub mod writes;
