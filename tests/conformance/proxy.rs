//! A TCP proxy on loopback that fails when it is told to: what a bad network, or a server that is killed, looks like from
//! the outside.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// A proxy before one address. It ends when dropped.
pub struct Proxy {
    /// `http://127.0.0.1:<port>`.
    pub endpoint_url: String,
    port: u16,
    to: SocketAddr,
    listening: Mutex<Option<AbortHandle>>,
    connections: Arc<Mutex<JoinSet<()>>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop_listening();
    }
}

impl Proxy {
    /// Listens on a free port.
    pub async fn before(endpoint_url: &str) -> Self {
        let to = endpoint_url.trim_start_matches("http://").parse().expect("an address");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("address").port();
        let proxy = Self {
            endpoint_url: format!("http://127.0.0.1:{port}"),
            port,
            to,
            listening: Mutex::default(),
            connections: Arc::default(),
        };
        proxy.listen(listener);
        proxy
    }

    fn listen(&self, listener: TcpListener) {
        let (to, connections) = (self.to, self.connections.clone());
        let task = tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let mut connections = connections.lock().expect("lock");
                while connections.try_join_next().is_some() {}
                connections.spawn(async move {
                    if let Ok(mut onwards) = TcpStream::connect(to).await {
                        let _ = (from.set_nodelay(true), onwards.set_nodelay(true));
                        let _ = copy_bidirectional(&mut from, &mut onwards).await;
                    }
                });
            }
        });
        *self.listening.lock().expect("lock") = Some(task.abort_handle());
    }

    fn stop_listening(&self) {
        if let Some(task) = self.listening.lock().expect("lock").take() {
            task.abort();
        }
    }

    /// Cuts every connection there is; new ones are taken.
    pub fn cut(&self) {
        self.connections.lock().expect("lock").abort_all();
    }

    /// Cuts every connection and refuses new ones for so long.
    pub async fn be_gone_for(&self, time: Duration) {
        self.stop_listening();
        self.cut();
        tokio::time::sleep(time).await;
        self.cut();
        for _ in 0..100 {
            if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await {
                return self.listen(listener);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("port {} was taken meanwhile", self.port);
    }
}
