//! stub

pub mod json_ink;
