//! The interface, driven by role and name, and pictures of it where looks are the point.

mod components;
mod fixture;
mod harness;
mod heatmap;
mod incident;
mod pictures;
mod shell;
