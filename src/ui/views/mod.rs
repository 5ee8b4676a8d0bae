//! What a person looks at: one module for each tab.

pub mod shards;
pub mod tail;
