//! Opens a connection: to AWS, to any endpoint, or to the embedded default that is started for it.

use super::clock::Clock;
use crate::aws::connect::{Connection, connect};
use crate::aws::meter::CallMeter;
use crate::local::{LocalOptions, LocalServer};
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::ConnectRequest;
use crate::model::time::Timestamp;
use crate::model::world::LocalEndpoint;

/// Region that the embedded default answers for.
const DEMO_REGION: &str = "us-east-1";
/// Where servers for development usually listen.
const USUAL_ENDPOINTS: [(&str, &str); 3] = [
    ("LocalStack, ministack", "http://127.0.0.1:4566"),
    ("kinesis-local", "http://127.0.0.1:4568"),
    ("kinesalite", "http://127.0.0.1:4567"),
];
/// How long such a server may take to answer.
const PROBE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// A live connection and what it keeps alive.
pub struct Session {
    /// The clients.
    pub connection: Connection,
    /// Figures before this moment were generated; only for the embedded default.
    pub generated_before: Option<Timestamp>,
    /// The embedded default stops with the session.
    _server: Option<LocalServer>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("info", self.connection.info()).finish_non_exhaustive()
    }
}

/// Connects and makes one call (`ListStreams` of one stream) to see that somebody answers. A refusal of that call for want
/// of a permission does not stop the connection: other calls may be allowed.
///
/// # Errors
/// Configuration, credentials, an endpoint that is silent or is not Kinesis.
pub async fn open(request: ConnectRequest, meter: CallMeter, clock: &Clock) -> Result<Session, Problem> {
    let mut request = request;
    let mut server = None;
    let mut generated_before = None;
    if request.demo {
        let started = LocalServer::start(LocalOptions::default()).await.map_err(|err| {
            Problem::new(ProblemKind::Internal, format!("The embedded server did not start on 127.0.0.1: {err}."))
        })?;
        request.endpoint_url = Some(started.endpoint_url());
        request.region.get_or_insert_with(|| DEMO_REGION.to_owned());
        request.profile = None;
        generated_before = Some(clock.now());
        server = Some(started);
    }
    let connection = connect(&request, meter).await?;
    match connection.probe().await {
        Ok(_) => {}
        Err(problem) if is_fatal(problem.kind) => return Err(problem),
        Err(problem) => tracing::debug!(%problem, "the first call was refused"),
    }
    Ok(Session { connection, generated_before, _server: server })
}

fn is_fatal(kind: ProblemKind) -> bool {
    matches!(
        kind,
        ProblemKind::Configuration | ProblemKind::Credentials | ProblemKind::Unreachable | ProblemKind::NotAws
    )
}

/// The usual endpoints of this machine, none asked yet.
pub fn usual_endpoints() -> Vec<LocalEndpoint> {
    let endpoint = |(name, url): (&'static str, &str)| LocalEndpoint {
        name,
        url: url.to_owned(),
        answered: None,
        is_pending: true,
    };
    USUAL_ENDPOINTS.map(endpoint).into()
}

/// Asks each usual endpoint for its streams, all at once. Nothing leaves this machine.
pub async fn probe_usual_endpoints() -> Vec<LocalEndpoint> {
    let asked = usual_endpoints().into_iter().map(|endpoint| async move {
        let answered = tokio::time::timeout(PROBE_PATIENCE, count_streams(&endpoint.url)).await.ok().flatten();
        LocalEndpoint { answered, is_pending: false, ..endpoint }
    });
    futures_util::future::join_all(asked).await
}

async fn count_streams(url: &str) -> Option<usize> {
    let address = url.strip_prefix("http://")?;
    // A closed port is told apart at once, without the SDK's retries.
    tokio::net::TcpStream::connect(address).await.ok()?;
    let request = ConnectRequest {
        endpoint_url: Some(url.to_owned()),
        region: Some(DEMO_REGION.to_owned()),
        ..ConnectRequest::default()
    };
    let connection = connect(&request, CallMeter::default()).await.ok()?;
    connection.list_stream_names().await.ok().map(|names| names.len())
}
