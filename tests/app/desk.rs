//! The whole program without a screen: the real app on real tasks, driven by role and name.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use kinescope::app::{App, Engine, Files, Parts};
use kinescope::model::connection::ConnectRequest;
use kinescope::model::world::World;
use kinescope::tasks::clock::Clock;
use kinescope::tasks::wake::Wake;

/// Longest wait for anything, on a machine that builds something beside.
const PATIENCE: Duration = Duration::from_secs(90);
/// Pause between two frames while waiting, as long as a screen would take for one.
const FRAME: Duration = Duration::from_millis(16);

/// The program, and a person before it.
pub struct Desk {
    harness: Harness<'static>,
    app: Rc<RefCell<Option<App>>>,
    /// The slowest frame so far.
    pub slowest: Duration,
    home: tempfile::TempDir,
}

impl Desk {
    /// Starts the program on this runtime, connected to what is given.
    pub fn open(runtime: &tokio::runtime::Runtime, connect: Option<ConnectRequest>) -> Self {
        Self::open_in(runtime, tempfile::tempdir().expect("folder"), connect)
    }

    /// Starts the program where something was kept already.
    pub fn open_in(
        runtime: &tokio::runtime::Runtime,
        home: tempfile::TempDir,
        connect: Option<ConnectRequest>,
    ) -> Self {
        let app = Rc::new(RefCell::new(None));
        let parts = Parts {
            engine: Engine::new(runtime.handle().clone(), Wake::none(), Wake::none(), Clock::system()),
            clock: Clock::system(),
            zone: jiff::tz::TimeZone::UTC,
            files: Some(Files::inside(home.path())),
            connect,
        };
        let made = app.clone();
        let drawn = app.clone();
        let harness = Harness::builder()
            .with_size(egui::vec2(1440.0, 900.0))
            .with_max_steps(8)
            .with_context_setup(move |ctx| *made.borrow_mut() = Some(App::new(ctx, parts)))
            .build_ui(move |ui| {
                if let Some(app) = drawn.borrow_mut().as_mut() {
                    app.tick(ui.ctx());
                    let whole = egui::UiBuilder::new().max_rect(ui.ctx().content_rect());
                    app.draw(&mut ui.new_child(whole));
                }
            });
        Self { harness, app, slowest: Duration::ZERO, home }
    }

    /// The program's folder.
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// An endpoint on this machine.
    pub fn endpoint(url: &str) -> ConnectRequest {
        ConnectRequest {
            endpoint_url: Some(url.to_owned()),
            region: Some("us-east-1".to_owned()),
            ..ConnectRequest::default()
        }
    }

    /// Whether it is drawn in the dark theme.
    pub fn is_dark(&self) -> bool {
        self.harness.ctx.global_style().visuals.dark_mode
    }

    /// How large it is drawn.
    pub fn pixels_per_point(&self) -> f32 {
        self.harness.ctx.pixels_per_point()
    }

    /// One frame.
    pub fn frame(&mut self) {
        let began = Instant::now();
        self.harness.step();
        self.slowest = self.slowest.max(began.elapsed());
    }

    /// Looks at what is known.
    pub fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(self.app.borrow().as_ref().expect("the app is there").world())
    }

    /// Draws frames until this holds.
    pub fn until(&mut self, what: &str, mut holds: impl FnMut(&World) -> bool) {
        let began = Instant::now();
        while !self.world(&mut holds) {
            assert!(began.elapsed() < PATIENCE, "never: {what}; on screen:\n{}", self.names().join("\n"));
            self.frame();
            std::thread::sleep(FRAME);
        }
        self.frame();
    }

    /// Every name on screen.
    pub fn names(&self) -> Vec<String> {
        let root = self.harness.root();
        let mut names: Vec<String> =
            root.children_recursive().filter_map(|node| node.accesskit_node().label()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Draws frames until something on screen has a name that starts with this.
    pub fn see(&mut self, start: &str) -> String {
        let began = Instant::now();
        loop {
            if let Some(name) = self.names().into_iter().find(|name| name.starts_with(start)) {
                return name;
            }
            assert!(began.elapsed() < PATIENCE, "nothing is called {start:?}; on screen:\n{}", self.names().join("\n"));
            self.frame();
            std::thread::sleep(FRAME);
        }
    }

    /// Clicks what has a name that starts with this.
    pub fn click(&mut self, start: &str) {
        let name = self.see(start);
        // A heading may have the same words as the button below it.
        let hits = self.harness.get_all_by_label(&name);
        let words = egui::accesskit::Role::Label;
        let hit = hits.min_by_key(|node| node.accesskit_node().role() == words).expect("it is on screen");
        hit.click();
        self.frame();
        self.frame();
    }

    /// Types into the field of this name.
    pub fn fill(&mut self, field: &str, text: &str) {
        self.see(field);
        let node = self.harness.get_all_by_label(field).next().expect("the field is on screen");
        node.focus();
        self.frame();
        let node = self.harness.get_all_by_label(field).next().expect("the field is on screen");
        node.type_text(text);
        self.frame();
        self.frame();
    }

    /// Types into the field of this name instead of what is in it.
    pub fn replace(&mut self, field: &str, text: &str) {
        self.see(field);
        self.harness.get_all_by_label(field).next().expect("the field is on screen").focus();
        self.frame();
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.frame();
        self.fill(field, text);
    }

    /// Presses a key.
    pub fn key(&mut self, key: egui::Key) {
        self.harness.key_press(key);
        self.frame();
    }
}
