//! A window without a screen: fonts and theme of the program, drawn by the software renderer when a picture is asked for.

use std::path::PathBuf;

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::settings::ThemeChoice;
use kinescope::model::world::World;
use kinescope::ui::UiState;
use kinescope::ui::command::{Command, Commands};
use kinescope::ui::theme;

/// A harness of this size in this theme around any state.
pub fn harness<'a, S: 'a>(
    size: (f32, f32),
    choice: ThemeChoice,
    state: S,
    mut draw: impl FnMut(&mut egui::Ui, &mut S) + 'a,
) -> Harness<'a, S> {
    let mut harness = Harness::builder()
        .with_size(egui::vec2(size.0, size.1))
        .with_os(egui::os::OperatingSystem::Nix)
        .with_context_setup(move |ctx| {
            theme::install(ctx);
            theme::choose(ctx, choice);
        })
        .with_theme(match choice {
            ThemeChoice::Dark => egui::Theme::Dark,
            ThemeChoice::Light => egui::Theme::Light,
        })
        .with_max_steps(8)
        .wgpu()
        .build_ui_state(
            move |ui, state| {
                // Without the margin that the harness puts around its content.
                let whole = egui::UiBuilder::new().max_rect(ui.ctx().content_rect());
                draw(&mut ui.new_child(whole), state);
            },
            state,
        );
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

/// The whole window as the program draws it, with what it was asked for.
pub struct Window {
    /// What is drawn.
    pub world: World,
    /// What a person has done.
    pub ui: UiState,
    /// Every command so far.
    pub log: Vec<Command>,
    out: Commands,
}

impl Window {
    /// Carries out what concerns only the window, and notes everything.
    pub fn apply(&mut self, commands: Vec<Command>) {
        for command in commands {
            self.ui.apply(&command);
            self.log.push(command);
        }
    }
}

/// A window on this world.
pub fn window(size: (f32, f32), world: World) -> Harness<'static, Window> {
    let choice = world.settings.theme;
    let state = Window { world, ui: UiState::default(), log: Vec::new(), out: Commands::default() };
    harness(size, choice, state, |ui, window| {
        kinescope::ui::show(ui, &window.world, &mut window.ui, &mut window.out);
        let commands = window.out.take();
        window.apply(commands);
    })
}

/// Presses Tab until what has this name has the focus.
pub fn tab_to<S>(harness: &mut Harness<'_, S>, name: &str) {
    for _ in 0..200 {
        let mut named = harness.query_all_by_label(name);
        if named.any(|node| node.accesskit_node().is_focused()) {
            return;
        }
        drop(named);
        harness.key_press(egui::Key::Tab);
        harness.run_steps(2);
    }
    panic!("Tab never leads to {name}");
}
