//! HTTP in front of the engine: which service is meant, and what comes back when it is none.
//!
//! Any credentials are taken; signatures are not looked at. Everything answers in its own protocol, never in HTML.

mod alarms;
mod cbor;
mod cloudwatch;
mod data;
mod describe;
mod events;
mod json;
mod kinesis;
mod manage;
mod sts;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::sync::watch;

use super::engine::Engine;

/// Most bytes of one request: `PutRecords` takes 10 MiB, which base64 makes a third longer.
const MAX_REQUEST_BYTES: usize = 16 * 1_048_576;

#[derive(Clone)]
struct Shared {
    engine: Arc<Engine>,
    stopped: watch::Receiver<()>,
}

/// Serves Kinesis, CloudWatch and STS. Open streams end when `stopped` loses its sender.
pub(super) fn router(engine: Arc<Engine>, stopped: watch::Receiver<()>) -> Router {
    Router::new().fallback(serve).with_state(Shared { engine, stopped })
}

async fn serve(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_REQUEST_BYTES).await else {
        return kinesis::refuse("SerializationException", "The request is too large or could not be read.");
    };
    let path = parts.uri.path();
    if let Some(operation) = cloudwatch::operation(path) {
        return cloudwatch::serve(&shared.engine, operation, &parts.headers, &body);
    }
    if let Some(target) = text_header(&parts.headers, "x-amz-target") {
        return kinesis::serve(&shared, target, &body).await;
    }
    if is_form(&parts.headers) {
        return sts::serve(&body);
    }
    kinesis::refuse("UnknownOperationException", "This server speaks Kinesis, CloudWatch and STS.")
}

fn text_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_form(headers: &HeaderMap) -> bool {
    text_header(headers, "content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// A whole answer. Every answer has a request id, as with AWS.
fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(body.into()));
    *response.status_mut() = status;
    finish(&mut response, content_type);
    response
}

/// Sets what every answer has.
fn finish(response: &mut Response, content_type: &'static str) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let id = format!("{:032x}", fastrand::u128(..));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-amzn-requestid", id);
    }
}
