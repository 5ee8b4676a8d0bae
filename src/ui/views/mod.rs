//! The views of the program, one folder or file each.

pub mod heatmap;
