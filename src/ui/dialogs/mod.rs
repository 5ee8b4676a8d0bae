//! What asks before it acts: one module for each dialog.

pub mod inject;
pub mod reshard;
