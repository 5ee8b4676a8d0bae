//! A server before another one that hands every request on until the session of its caller has expired; from then on it answers
//! as AWS does, until somebody signs in again. No server that can be run here lets credentials expire by itself.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// When the session ends, counted in calls that split or merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// The call of this number is refused, and all behind it.
    At(usize),
    /// The call of this number is the last that is taken.
    Behind(usize),
}

#[derive(Debug, Default)]
struct Session {
    ends: Option<Ends>,
    has_ended: bool,
    reshards: usize,
}

impl Session {
    /// Whether this request is still handed on.
    fn takes(&mut self, request: &[u8]) -> bool {
        let head = String::from_utf8_lossy(&request[..end_of_head(request).unwrap_or(request.len())]).to_lowercase();
        let is_reshard = ["splitshard", "mergeshards"].iter().any(|call| head.contains(&format!(".{call}")));
        let has_ended_before = self.has_ended;
        if is_reshard && !has_ended_before {
            self.reshards += 1;
            self.has_ended = match self.ends {
                Some(Ends::At(number) | Ends::Behind(number)) => self.reshards >= number,
                None => false,
            };
        }
        !(has_ended_before || (self.has_ended && matches!(self.ends, Some(Ends::At(_)))))
    }
}

/// The server; it stops when this is dropped.
pub struct Gate {
    /// `http://127.0.0.1:<port>`.
    pub endpoint_url: String,
    session: Arc<Mutex<Session>>,
    task: JoinHandle<()>,
}

impl Gate {
    /// Listens on a free loopback port before this server.
    pub async fn before(endpoint_url: &str, ends: Ends) -> Self {
        let to: SocketAddr = endpoint_url.trim_start_matches("http://").parse().expect("an address");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let endpoint_url = format!("http://{}", listener.local_addr().expect("address"));
        let session = Arc::new(Mutex::new(Session { ends: Some(ends), ..Session::default() }));
        let shared = session.clone();
        let task = tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                let session = shared.clone();
                tokio::spawn(async move {
                    let _ = serve(from, to, &session).await;
                });
            }
        });
        Self { endpoint_url, session, task }
    }

    /// The session has ended.
    pub fn has_expired(&self) -> bool {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).has_ended
    }

    /// Somebody signs in: from now on everything is taken.
    pub fn sign_in(&self) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Session::default();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request and its answer; each has a connection of its own.
async fn serve(mut from: TcpStream, to: SocketAddr, session: &Mutex<Session>) -> std::io::Result<()> {
    let Some(request) = read_request(&mut from).await? else { return Ok(()) };
    let is_taken = session.lock().unwrap_or_else(PoisonError::into_inner).takes(&request);
    if is_taken {
        let mut onwards = TcpStream::connect(to).await?;
        onwards.write_all(&closing(&request)).await?;
        tokio::io::copy(&mut onwards, &mut from).await?;
    } else {
        let body =
            r#"{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}"#;
        let answer = format!(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\
             x-amzn-ErrorType: ExpiredTokenException\r\nx-amzn-RequestId: 00000000-1111-2222-3333-444444444444\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        from.write_all(answer.as_bytes()).await?;
    }
    from.shutdown().await
}

fn end_of_head(read: &[u8]) -> Option<usize> {
    read.windows(4).position(|window| window == b"\r\n\r\n")
}

/// Asks the server to end the connection behind its answer, so that the end of the answer is known.
fn closing(request: &[u8]) -> Vec<u8> {
    let first = request.windows(2).position(|window| window == b"\r\n").map_or(0, |at| at + 2);
    let (line, rest) = request.split_at(first);
    [line, b"Connection: close\r\n", rest].concat()
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut read = Vec::new();
    loop {
        if let Some(head) = end_of_head(&read) {
            let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if read.len() >= head + 4 + length.unwrap_or(0_usize) {
                return Ok(Some(read));
            }
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    }
}
