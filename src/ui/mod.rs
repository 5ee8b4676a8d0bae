//! Everything that is drawn: theme, widgets, shell, views, dialogs. Reads the world, pushes commands.
//! Knows neither tasks nor AWS.

pub mod command;
pub mod dialogs;
pub mod theme;
pub mod views;
pub mod widgets;
