//! `kinescope demo-server`: the embedded server alone.

use std::io::Write;

use super::args::DemoServerArgs;
use super::{End, interrupted, out};
use crate::local::{LocalOptions, LocalServer};
use crate::model::ndjson::Line;

/// Prints the endpoint as soon as it answers, and runs until it is interrupted.
pub(super) async fn run(options: &DemoServerArgs) -> Result<(), End> {
    let local = LocalOptions { bind_port: options.port, ..LocalOptions::default() };
    let region = local.region.clone();
    let server = LocalServer::start(local).await.map_err(|error| {
        let port = options.port;
        End::Failed(format!("The demo server cannot listen on 127.0.0.1:{port}: {error}. Name a free port, or 0."))
    })?;
    let interrupt = interrupted();
    let url = server.endpoint_url();
    let line = Line::default().text("endpoint", &url).text("endpoint_url", &url).text("region", &region).end();
    let mut out = out::stdout();
    writeln!(out, "{line}")?;
    out.flush()?;
    drop(out);
    interrupt.await;
    drop(server);
    Ok(())
}
