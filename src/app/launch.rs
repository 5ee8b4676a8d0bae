//! Opens the window, or says which package is missing and the command that helps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use eframe::egui;
use jiff::tz::TimeZone;
use tokio::runtime::Handle;

use super::{App, Engine, Files, Parts};
use crate::model::connection::ConnectRequest;
use crate::tasks::clock::Clock;
use crate::tasks::wake::Wake;

/// Exit code when there is no window to be had.
const NO_WINDOW: u8 = 2;
/// Longest wait between new records and the frame that shows them. Every shard is polled once a second.
const LAZY: std::time::Duration = std::time::Duration::from_secs(1);
/// Wait between an answer and the frame that shows it: answers that come together share a frame, and a wait of any length
/// asks egui for one frame where none asks for two.
const SOON: std::time::Duration = std::time::Duration::from_millis(30);
const APP_ID: &str = "kinescope";

/// Opens the window and stays until it is closed. `connect` is connected to at once; `None` shows the first screen.
pub fn run(handle: Handle, connect: Option<ConnectRequest>) -> ExitCode {
    if let Some(message) = missing_display() {
        eprintln!("kinescope: {message}");
        return ExitCode::from(NO_WINDOW);
    }
    let files = match Files::of_platform() {
        Ok(files) => Some(files),
        Err(message) => {
            tracing::warn!("nothing will be remembered: {message}");
            None
        }
    };
    let size = files.as_ref().and_then(|files| files.load_settings().0.window_size).unwrap_or((1440.0, 900.0));
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("kinescope")
            .with_app_id(APP_ID)
            .with_icon(icon())
            .with_inner_size([size.0, size.1])
            .with_min_inner_size([760.0, 480.0]),
        // There are no gradients to smooth, and it costs something for every pixel where a processor has to draw.
        dithering: false,
        ..eframe::NativeOptions::default()
    };
    let create = move |context: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        let (ctx, lazy_ctx) = (context.egui_ctx.clone(), context.egui_ctx.clone());
        let wake = Wake::new(move || ctx.request_repaint_after(SOON));
        let lazy_wake = Wake::new(move || lazy_ctx.request_repaint_after(LAZY));
        let clock = Clock::system();
        let engine = Engine::new(handle, wake, lazy_wake, clock.clone());
        let parts = Parts { engine, clock, zone: TimeZone::system(), files, connect };
        Ok(Box::new(App::new(&context.egui_ctx, parts)))
    };
    // A missing system library makes the windowing crates panic instead of answering.
    match catch_unwind(AssertUnwindSafe(|| eframe::run_native(APP_ID, options, Box::new(create)))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(err)) => no_window(&err.to_string()),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("the window could not be made");
            no_window(text)
        }
    }
}

#[cfg(target_os = "linux")]
fn missing_display() -> Option<String> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || is_set("WAYLAND_SOCKET") {
        return None;
    }
    Some(
        "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). Without one, use the terminal: `kinescope streams`, \
         or a virtual display: apt-get install xvfb && xvfb-run kinescope"
            .to_owned(),
    )
}

#[cfg(not(target_os = "linux"))]
fn missing_display() -> Option<String> {
    None
}

fn no_window(reason: &str) -> ExitCode {
    let lower = reason.to_lowercase();
    let first_line = reason.lines().next().unwrap_or(reason);
    let help = match () {
        () if !cfg!(target_os = "linux") => "update the graphics driver",
        () if lower.contains("xkbcommon") => "apt-get install libxkbcommon-x11-0",
        () if lower.contains("xcursor") || lower.contains("libxi") || lower.contains("xrandr") => {
            "apt-get install libxcursor1 libxi6 libxrandr2"
        }
        () if lower.contains("adapter")
            || lower.contains("wgpu")
            || lower.contains("vulkan")
            || lower.contains("graphics") =>
        {
            "no graphics driver was found; apt-get install mesa-vulkan-drivers libgl1-mesa-dri"
        }
        () => {
            "is the display of DISPLAY or WAYLAND_DISPLAY there? apt-get install libxkbcommon-x11-0 libxcursor1 libxi6 libxrandr2 mesa-vulkan-drivers"
        }
    };
    eprintln!("kinescope: the window could not be opened ({first_line}). What helps: {help}");
    ExitCode::from(NO_WINDOW)
}

/// The icon: a small heatmap with one hot row, drawn here so that no image decoder is needed.
fn icon() -> egui::IconData {
    const SIDE: usize = 64;
    const CELLS: usize = 6;
    let mut rgba = Vec::with_capacity(SIDE * SIDE * 4);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (cell_x, cell_y) = (x * CELLS / SIDE, y * CELLS / SIDE);
            let is_gap = (x * CELLS) % SIDE < CELLS || (y * CELLS) % SIDE < CELLS;
            let share = match (cell_y, cell_x) {
                (4, 3) => 0.85,
                (4, 4) => 0.95,
                (4, 5) => 1.0,
                _ => 0.15 + ((cell_x * 7 + cell_y * 13) % 5) as f64 * 0.12,
            };
            let color =
                if is_gap { crate::ui::theme::tokens::DARK.bg } else { crate::ui::theme::heat::color(share, true) };
            rgba.extend_from_slice(&color.to_array());
        }
    }
    egui::IconData { rgba, width: SIDE as u32, height: SIDE as u32 }
}
