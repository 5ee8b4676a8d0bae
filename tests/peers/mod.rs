//! Starts servers that were written by others, so that this program is not only tested against itself. `tests/run`
//! installs them; each binds loopback alone, takes any credentials, and is gone when its [`Peer`] is dropped or the
//! test's process ends, however it ends.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A cold start of the slowest of them, on a machine that compiles meanwhile.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// A server that writes what it holds before it ends, on such a machine.
const ENDED_WITHIN: Duration = Duration::from_secs(60);
/// A port that was free may be taken before the server binds it.
const ATTEMPTS: usize = 3;
/// Kills the whole process group as soon as the server ends or the test's end of standard input closes. A line asks the
/// server to end by itself: the shells take the signal too, but stay.
const GUARD: &str = r#"trap : TERM
{ trap : TERM; "$@" </dev/null; kill -KILL 0; } &
while read -r _; do kill -TERM 0; done
kill -KILL 0"#;

/// A server that somebody else wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Kinesis in Scala, true to the rules of the control plane.
    KinesisLocal,
    /// An old and strict Kinesis.
    Kinesalite,
    /// Ninety services, CloudWatch by CBOR among them.
    Ministack,
    /// Most services; the one that people have at hand in Python.
    Moto,
}

/// A running server.
pub struct Peer {
    /// `http://127.0.0.1:<port>`.
    pub endpoint_url: String,
    child: Child,
    folder: TempDir,
    how: How,
}

/// How a server is started, so that it can be started again as it was.
#[derive(Clone, Copy)]
struct How {
    kind: Kind,
    ports: [u16; 2],
    /// How often it writes what it holds to its folder, if it does, to read that when it starts.
    keeps: Option<Duration>,
}

impl Peer {
    /// Starts a server on free loopback ports and waits until it answers.
    ///
    /// # Panics
    /// When the servers are not installed, or when this one does not come up; its output is in the message.
    pub fn start(kind: Kind) -> Self {
        Self::start_as(kind, None)
    }

    /// The same, with what it holds kept in its folder, where the server can do that: so often, or when it ends.
    pub fn start_keeping(kind: Kind, every: Duration) -> Self {
        Self::start_as(kind, Some(every))
    }

    fn start_as(kind: Kind, keeps: Option<Duration>) -> Self {
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let folder = TempDir::with_prefix("kinescope-peer-").expect("temporary folder");
            let mut peer = Self::spawn(How { kind, ports: free_ports(), keeps }, folder);
            if peer.becomes_ready() {
                return peer;
            }
            said = peer.output();
        }
        panic!("{kind:?} does not answer within {READY_WITHIN:?}. It said:\n{said}");
    }

    /// Kills it without a warning, waits a while, and starts it again on the same port with the same folder.
    pub fn kill_and_start_again(&mut self, after: Duration) {
        self.kill();
        std::thread::sleep(after);
        let folder = std::mem::replace(&mut self.folder, TempDir::new().expect("temporary folder"));
        *self = Self::spawn(self.how, folder);
        assert!(self.becomes_ready(), "it does not come back. It said:\n{}", self.output());
    }

    /// Asks it to end, waits until it has and a while more, and starts it again on the same port with the same folder: for
    /// a server that writes what it holds only then.
    pub fn end_and_start_again(&mut self, after: Duration) {
        let asked = self.child.stdin.as_mut().map(|input| input.write_all(b"end\n"));
        assert!(matches!(asked, Some(Ok(()))), "its guard does not listen");
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            assert!(begun.elapsed() < ENDED_WITHIN, "it does not end. It said:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(50));
        }
        self.kill_and_start_again(after);
    }

    /// A file of its folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn kill(&mut self) {
        // The guard reads the end of its input and kills its group, itself included.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }

    fn spawn(how: How, folder: TempDir) -> Self {
        let [port, second_port] = how.ports;
        let (program, arguments, mut environment) = recipe(how.kind, &installed(), folder.path(), port, second_port);
        if let Some(every) = how.keeps {
            environment.extend(keeping(how.kind, folder.path(), every));
        }
        let output = File::create(folder.path().join("output")).expect("file for the output");
        let child = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(program)
            .args(arguments)
            .envs(environment)
            // moto and ministack read the configuration of AWS where there is one.
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("HOME", folder.path())
            .env_remove("AWS_PROFILE")
            .current_dir(folder.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("second handle of the output"))
            .stderr(output)
            .spawn()
            .expect("sh starts");
        Self { endpoint_url: format!("http://127.0.0.1:{port}"), child, folder, how }
    }

    /// Whether it answers HTTP in time; gives up as soon as it has ended.
    fn becomes_ready(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < READY_WITHIN {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return false;
            }
            if answers_http(&self.endpoint_url) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    }

    /// The end of what it wrote.
    pub fn output(&self) -> String {
        let text = fs::read(self.folder.path().join("output")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where `tests/run` put the servers.
fn installed() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    let peers = std::env::var_os("KINESCOPE_PEERS").map_or_else(default, PathBuf::from);
    let stamp = peers.join("installed");
    assert!(stamp.exists(), "The servers to test against are not in {}: run tests/run once.", peers.display());
    peers
}

type Recipe = (PathBuf, Vec<String>, Vec<(&'static str, String)>);

fn recipe(kind: Kind, peers: &Path, folder: &Path, port: u16, second_port: u16) -> Recipe {
    let (py, js) = (peers.join("py/bin"), peers.join("js/node_modules"));
    let text = |path: &Path| path.to_str().expect("path in UTF-8").to_owned();
    match kind {
        Kind::KinesisLocal => {
            let shim = folder.join("loopback.js");
            fs::write(&shim, include_str!("loopback.js")).expect("writes the shim");
            // It reads its certificate from the folder it runs in.
            let certificate = js.join("kinesis-local/server.json");
            fs::copy(&certificate, folder.join("server.json")).expect("copies the certificate");
            let main = js.join("kinesis-local/main.js");
            let arguments = vec!["-r".to_owned(), text(&shim), text(&main)];
            let environment = vec![
                ("KINESIS_MOCK_TLS_PORT", second_port.to_string()),
                ("KINESIS_MOCK_PLAIN_PORT", port.to_string()),
                ("SHARD_LIMIT", "1000".to_owned()),
                ("LOG_LEVEL", "ERROR".to_owned()),
                ("CREATE_STREAM_DURATION", "50ms".to_owned()),
                ("DELETE_STREAM_DURATION", "50ms".to_owned()),
                ("SPLIT_SHARD_DURATION", "200ms".to_owned()),
                ("MERGE_SHARDS_DURATION", "200ms".to_owned()),
            ];
            (PathBuf::from("node"), arguments, environment)
        }
        Kind::Kinesalite => {
            let script = format!(
                "require('kinesalite')({{shardLimit:1000,createStreamMs:50,deleteStreamMs:50,updateStreamMs:1000}}).listen({port},'127.0.0.1')"
            );
            (PathBuf::from("node"), vec!["-e".to_owned(), script], vec![("NODE_PATH", text(&js))])
        }
        Kind::Ministack => {
            let environment = vec![
                ("BIND_HOST", "127.0.0.1".to_owned()),
                ("IOT_MTLS_ENABLED", "0".to_owned()),
                ("GATEWAY_PORT", port.to_string()),
            ];
            (py.join("ministack"), Vec::new(), environment)
        }
        Kind::Moto => {
            let arguments = ["-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned);
            (py.join("moto_server"), arguments.to_vec(), Vec::new())
        }
    }
}

/// What makes a server keep what it holds in its folder; nothing for those that cannot.
fn keeping(kind: Kind, folder: &Path, every: Duration) -> Vec<(&'static str, String)> {
    match kind {
        // To data/kinesis-data.json.
        Kind::KinesisLocal => {
            let every = format!("{}ms", every.as_millis());
            vec![("SHOULD_PERSIST_DATA", "true".to_owned()), ("PERSIST_INTERVAL", every)]
        }
        // When it is asked to end, and only then.
        Kind::Ministack => {
            let state = folder.join("state").to_string_lossy().into_owned();
            vec![("PERSIST_STATE", "1".to_owned()), ("STATE_DIR", state)]
        }
        Kind::Kinesalite | Kind::Moto => Vec::new(),
    }
}

/// Ports that nobody listens on, both held until both are known.
fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("address").port())
}

/// Whether anything that speaks HTTP answers there.
fn answers_http(endpoint_url: &str) -> bool {
    let address: SocketAddr = endpoint_url.trim_start_matches("http://").parse().expect("address");
    let patience = Duration::from_secs(3);
    let Ok(mut stream) = TcpStream::connect_timeout(&address, patience) else { return false };
    let asked = stream
        .set_read_timeout(Some(patience))
        .and_then(|()| stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"));
    let mut start = [0; 5];
    asked.is_ok() && stream.read_exact(&mut start).is_ok() && &start == b"HTTP/"
}
