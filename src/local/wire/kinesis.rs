//! Kinesis over AWS JSON 1.1: which operation is meant, and how it answers or fails.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::json::Fields;
use super::{Shared, data, describe, events, manage, respond};
use crate::local::engine::{ApiError, ApiResult, Engine, ErrorKind};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const TARGET: &str = "Kinesis_20131202.";

/// Answers one request.
pub(super) async fn serve(shared: &Shared, target: &str, body: &[u8]) -> Response {
    let Some(operation) = target.strip_prefix(TARGET) else {
        return refuse("UnknownOperationException", &format!("{target} is not an operation of Kinesis."));
    };
    if operation == "SubscribeToShard" {
        return match events::subscribe(shared, body) {
            Ok(response) => response,
            Err(err) => fail(&err),
        };
    }
    match answer(&shared.engine, operation, body) {
        Ok(body) => respond(StatusCode::OK, CONTENT_TYPE, body),
        Err(err) => fail(&err),
    }
}

pub(super) fn answer(engine: &Engine, operation: &str, body: &[u8]) -> ApiResult<Vec<u8>> {
    match operation {
        "PutRecords" => data::put_records(engine, body),
        "PutRecord" => data::put_record(engine, body),
        "GetRecords" => data::get_records(engine, body),
        _ => {
            let fields = Fields::parse(body)?;
            let value = match describe::answer(engine, operation, &fields)? {
                Some(value) => Some(value),
                None => manage::answer(engine, operation, &fields)?,
            };
            match value {
                Some(Value::Null) => Ok(Vec::new()),
                Some(value) => Ok(value.to_string().into_bytes()),
                None => Err(ApiError::new(ErrorKind::UnknownOperation, format!("{operation} is not served here."))),
            }
        }
    }
}

/// An error of the engine as AWS would send it.
pub(super) fn fail(err: &ApiError) -> Response {
    refuse(err.kind.code(), &err.message)
}

/// An error of this type.
pub(super) fn refuse(code: &str, message: &str) -> Response {
    let body = json!({ "__type": code, "message": message }).to_string();
    respond(StatusCode::BAD_REQUEST, CONTENT_TYPE, body.into_bytes())
}
