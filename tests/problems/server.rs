//! A server that answers what a test wants it to answer, however little that has to do with AWS.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The content type of Kinesis.
pub const AMZ_JSON: &str = "application/x-amz-json-1.1";
/// A header.
const REQUEST_ID: &str = "x-amzn-RequestId: 00000000-1111-2222-3333-444444444444\r\n";

/// What the server does with each request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Answers with this status, content type and body.
    Answer(u16, &'static str, String),
    /// Announces a longer body than it sends.
    CutShort,
    /// Closes the connection without an answer.
    HangUp,
    /// Keeps the connection and says nothing.
    Silence,
}

impl Behaviour {
    /// An error as Kinesis writes it.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
        Self::Answer(status, AMZ_JSON, body)
    }

    /// A page for people.
    pub fn html(status: u16) -> Self {
        Self::Answer(status, "text/html; charset=utf-8", "<!doctype html><title>Sign in</title>".to_owned())
    }
}

/// A running server; it stops when this is dropped.
pub struct Server {
    /// `http://127.0.0.1:<port>`.
    pub endpoint_url: String,
    requests: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts on a free loopback port.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("binds");
        let endpoint_url = format!("http://{}", listener.local_addr().expect("address"));
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, behaviour.clone(), counter.clone()));
            }
        });
        Self { endpoint_url, requests, task }
    }

    /// Requests that came so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves one request of a connection.
async fn serve(mut stream: TcpStream, behaviour: Behaviour, requests: Arc<AtomicUsize>) {
    if read_request(&mut stream).await.is_none() {
        return;
    }
    requests.fetch_add(1, Ordering::SeqCst);
    let answer = match behaviour {
        Behaviour::Answer(status, content_type, body) => {
            // Only Kinesis itself gives a request an id.
            let id = if content_type == AMZ_JSON { REQUEST_ID } else { "" };
            format!(
                "HTTP/1.1 {status} Canned\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n{id}\
                 Connection: close\r\n\r\n{body}",
                body.len()
            )
        }
        Behaviour::CutShort => {
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 500\r\n\r\n{\"Shards\":["
                .to_owned()
        }
        Behaviour::HangUp => return,
        Behaviour::Silence => return std::future::pending().await,
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Reads one request to its end; `None` where the connection ended before.
async fn read_request(stream: &mut TcpStream) -> Option<()> {
    let mut read = Vec::new();
    loop {
        if let Some(head) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if read.len() >= head + 4 + length.unwrap_or(0_usize) {
                return Some(());
            }
        }
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
}
