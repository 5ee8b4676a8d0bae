//! A real window under a virtual display of its own, driven over the inspection protocol.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use eframe::egui::accesskit::{Node, Role};
use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2, pos2};
use egui_inspection::protocol::{Request, Response, read_handshake, read_message, write_message};

/// Longest wait for anything in the window.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that is killed, without a warning, with the test or before.
pub struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The embedded server in a process of its own, which outlives the window; gives its endpoint.
pub fn demo_server() -> (Owned, String) {
    use std::io::{BufRead as _, BufReader};
    let mut child = Command::new(env!("CARGO_BIN_EXE_kinescope"))
        .arg("demo-server")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let output = child.stdout.take().expect("piped");
    let child = Owned(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("the server says where it is");
    let told: serde_json::Value = serde_json::from_str(&line).expect("in JSON");
    (child, told["endpoint_url"].as_str().expect("an endpoint").to_owned())
}

/// One named node of the window.
#[derive(Debug)]
pub struct Found {
    /// Its accessible name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Its middle, in points; a group may have no place of its own.
    pub center: Option<Pos2>,
}

/// The window.
pub struct Window {
    stream: TcpStream,
    started: Instant,
    app: Owned,
    _display: Owned,
    home: tempfile::TempDir,
}

impl Window {
    /// Starts a virtual display and the program on it.
    pub fn open(arguments: &[&str]) -> Self {
        Self::open_in(tempfile::tempdir().expect("folder"), arguments)
    }

    /// The same where something was kept already.
    pub fn open_in(home: tempfile::TempDir, arguments: &[&str]) -> Self {
        let (display, name) = virtual_display();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("port").port();
        let started = Instant::now();
        let app = Command::new(env!("CARGO_BIN_EXE_kinescope"))
            .args(arguments)
            .env("DISPLAY", &name)
            .env_remove("WAYLAND_DISPLAY")
            .env("XDG_RUNTIME_DIR", home.path())
            .env("KINESCOPE_HOME", home.path())
            .env("AWS_CONFIG_FILE", home.path().join("none"))
            .env("AWS_SHARED_CREDENTIALS_FILE", home.path().join("none"))
            .env("EGUI_INSPECTION", format!("127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .spawn()
            .expect("the program starts");
        let app = Owned(app);
        let stream = connect(port);
        Self { stream, started, app, _display: display, home }
    }

    /// Kills the program without a warning; gives back the folder of what it kept.
    pub fn kill(self) -> tempfile::TempDir {
        let Self { app, home, .. } = self;
        drop(app);
        home
    }

    /// Time since the program was started.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    fn ask(&mut self, request: &Request) -> Response {
        write_message(&self.stream, request).expect("the window listens");
        read_message(&self.stream).expect("the window answers")
    }

    /// Every named node that is on screen.
    pub fn nodes(&mut self) -> Vec<Found> {
        match self.ask(&Request::GetTree) {
            Response::Tree { accesskit: Some(tree), .. } => {
                tree.nodes.iter().filter_map(|(_, node)| found(node)).collect()
            }
            other => panic!("no tree: {other:?}"),
        }
    }

    /// Waits for a node whose name starts with this, or holds it behind a `*`; `role` narrows it.
    pub fn wait(&mut self, start: &str, role: Option<Role>) -> Found {
        self.wait_within(PATIENCE, start, role)
    }

    /// The same for what takes longer.
    pub fn wait_within(&mut self, patience: Duration, start: &str, role: Option<Role>) -> Found {
        let began = Instant::now();
        loop {
            let nodes = self.nodes();
            let names: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
            let is_it =
                |name: &str| start.strip_prefix('*').map_or(name.starts_with(start), |part| name.contains(part));
            let hit = nodes.into_iter().find(|node| is_it(&node.name) && role.is_none_or(|role| node.role == role));
            if let Some(hit) = hit {
                return hit;
            }
            assert!(began.elapsed() < patience, "nothing is called {start:?}; there is:\n{}", names.join("\n"));
            // The next answer comes after another frame; this only keeps the window from drawing without pause.
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Clicks the node whose name starts with this.
    pub fn click(&mut self, start: &str) {
        let at = self.wait(start, None).center;
        self.press(at.expect("it has a place"));
    }

    /// Clicks a button or tab by its whole name.
    pub fn click_exact(&mut self, name: &str) {
        let began = Instant::now();
        loop {
            let hits = self.nodes().into_iter().filter(|node| node.name == name);
            // A heading may have the same words as the button below it.
            if let Some(at) = hits.min_by_key(|node| node.role == Role::Label).and_then(|node| node.center) {
                return self.press(at);
            }
            assert!(began.elapsed() < PATIENCE, "nothing is called {name:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn press(&mut self, at: Pos2) {
        let button = |pressed| Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.apply(vec![Event::PointerMoved(at)]);
        // Together: on a busy machine two frames may lie further apart than a click may last.
        self.apply(vec![button(true), button(false)]);
    }

    /// Replaces the text of a field.
    pub fn fill(&mut self, field: &str, text: &str) {
        self.click_exact(field);
        let all = |pressed| Event::Key {
            key: Key::A,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: Modifiers::COMMAND | Modifiers::CTRL,
        };
        self.apply(vec![all(true), all(false)]);
        self.apply(vec![Event::Text(text.to_owned())]);
    }

    fn apply(&mut self, events: Vec<Event>) {
        match self.ask(&Request::ApplyEvents { events }) {
            Response::Done => {}
            other => panic!("events were not applied: {other:?}"),
        }
    }

    /// Moves the pointer out of the way.
    pub fn rest_pointer(&mut self) {
        self.apply(vec![Event::PointerMoved(pos2(700.0, 22.0))]);
    }

    /// Saves a picture of the window.
    pub fn picture(&mut self, path: &Path) {
        match self.ask(&Request::GetScreenshot { pixels_per_point: Some(1.0) }) {
            Response::Screenshot(png) => std::fs::write(path, png.bytes).expect("picture is written"),
            other => panic!("no picture: {other:?}"),
        }
    }
}

fn found(node: &Node) -> Option<Found> {
    let name = node.label().or_else(|| node.value()).filter(|name| !name.is_empty())?;
    let center = node.bounds().map(|b| pos2(((b.x0 + b.x1) / 2.0) as f32, ((b.y0 + b.y1) / 2.0) as f32));
    Some(Found { name: name.to_owned(), role: node.role(), center })
}

/// A display whose number the server chooses itself, so that tests do not meet.
fn virtual_display() -> (Owned, String) {
    use std::io::{BufRead as _, BufReader};
    let mut child = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb is there: apt-get install xvfb");
    let output = child.stdout.take().expect("piped");
    let child = Owned(child);
    let mut number = String::new();
    BufReader::new(output).read_line(&mut number).expect("Xvfb says its number");
    (child, format!(":{}", number.trim()))
}

fn connect(port: u16) -> TcpStream {
    let began = Instant::now();
    loop {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            stream.set_read_timeout(Some(Duration::from_secs(60))).expect("timeout");
            read_handshake(&stream).expect("it is the window");
            return stream;
        }
        assert!(began.elapsed() < PATIENCE, "the window did not open");
        std::thread::sleep(Duration::from_millis(50));
    }
}
