//! The dialogs, one module each.

pub mod export;
pub mod inject;
pub mod monitoring;
pub mod reshard;
pub mod shortcuts;
pub mod unlock;
