//! The dialogs, one module each.

mod change;
pub mod create;
pub mod export;
mod frame;
pub mod inject;
pub mod monitoring;
pub mod reshard;
pub mod shortcuts;
pub mod stream;
pub mod unlock;
