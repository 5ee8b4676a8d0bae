//! A window without a screen: fonts and theme of the program, drawn by the software renderer when a picture is asked for.

use std::path::PathBuf;

use eframe::egui;
use egui_kittest::Harness;
use kinescope::model::settings::ThemeChoice;
use kinescope::ui::theme;

/// A harness of this size in this theme around any state.
pub fn harness<'a, S: 'a>(
    size: (f32, f32),
    choice: ThemeChoice,
    state: S,
    draw: impl FnMut(&mut egui::Ui, &mut S) + 'a,
) -> Harness<'a, S> {
    let mut harness = Harness::builder()
        .with_size(egui::vec2(size.0, size.1))
        .with_os(egui::os::OperatingSystem::Nix)
        .with_context_setup(move |ctx| {
            theme::install(ctx);
            theme::choose(ctx, choice);
        })
        .with_max_steps(8)
        .wgpu()
        .build_ui_state(draw, state);
    harness.run_steps(3);
    harness
}

/// Writes a picture to the folder named by `KINESCOPE_UI_PICTURES`; does nothing where it is not set.
pub fn picture<S>(harness: &mut Harness<'_, S>, name: &str) {
    let Some(folder) = std::env::var_os("KINESCOPE_UI_PICTURES") else { return };
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder).expect("the folder for pictures can be made");
    let image = harness.render().expect("the window can be drawn");
    image.save(folder.join(format!("{name}.png"))).expect("the picture can be written");
}
