//! The embedded server: one loopback listener that serves all services, and the tasks behind the demo.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::engine::{Engine, EngineSettings};
use super::options::{LocalOptions, StreamSet};
use super::{demo, wire};
use crate::model::time::Millis;

/// A running server. It stops when this is dropped.
pub struct LocalServer {
    engine: Arc<Engine>,
    endpoint_url: String,
    tasks: Vec<JoinHandle<()>>,
    /// Dropped with the server, which ends its connections.
    _running: watch::Sender<()>,
}

impl LocalServer {
    /// Starts on a loopback port. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Where the port cannot be bound.
    pub async fn start(options: LocalOptions) -> std::io::Result<Self> {
        let engine = Arc::new(Engine::new(EngineSettings {
            clock: options.clock.clone(),
            memory_cap_bytes: options.memory_cap_bytes,
            delay: Millis(i64::try_from(options.reshard_delay.as_millis()).unwrap_or(i64::MAX)),
            region: options.region.clone(),
        }));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.bind_port)).await?;
        let endpoint_url = format!("http://{}", listener.local_addr()?);
        // Small frames of an event stream must not wait for the reader's acknowledgement.
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let mut tasks = Vec::new();
        if options.streams == StreamSet::Demo {
            demo::prepare(&engine, options.seed);
            if options.traffic {
                tasks.extend(demo::run(&engine, options.seed));
            }
        }
        let (running, mut stopped) = watch::channel(());
        let router = wire::router(engine.clone(), stopped.clone());
        tokio::spawn(async move {
            let stop = async move { while stopped.changed().await.is_ok() {} };
            if let Err(err) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
                tracing::error!("the embedded server stopped: {err}");
            }
        });
        Ok(Self { engine, endpoint_url, tasks, _running: running })
    }

    /// `http://127.0.0.1:<port>`, for Kinesis, CloudWatch and STS alike.
    pub fn endpoint_url(&self) -> String {
        self.endpoint_url.clone()
    }

    /// What is behind the server.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }
}

impl fmt::Debug for LocalServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalServer").field("endpoint_url", &self.endpoint_url).finish_non_exhaustive()
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
