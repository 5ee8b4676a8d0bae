//! What is true about streams, shards, records and time.
//!
//! Pure: nothing here knows a window, the AWS SDK, an async runtime, a clock or the environment; the present is handed in.

pub mod account;
pub mod activity;
pub mod answer;
pub mod connection;
pub mod consumer;
pub mod decode;
pub mod filter;
pub mod format;
pub mod hash_range;
pub mod health;
pub mod heat_bands;
pub mod heat_figures;
pub mod heat_grid;
pub mod heat_metric;
pub mod heat_range;
pub mod heat_row;
pub mod heat_series;
pub mod heat_thresholds;
pub mod ids;
pub mod json_scan;
pub mod json_tree;
pub mod keys;
pub mod limits;
pub mod meters;
pub mod metrics;
pub mod position;
pub mod record;
pub mod record_store;
pub mod salt;
pub mod sample;
pub mod sentence;
pub mod series;
pub mod settings;
pub mod shard_map;
pub mod shard_story;
pub mod sketch;
pub mod split;
pub mod stream;
pub mod tail;
pub mod time;
pub mod utilisation;
pub mod verdict;
pub mod world;
pub mod writes;
