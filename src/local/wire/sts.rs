//! STS over the query protocol: who the caller is. Everybody is the same person here.

use axum::http::StatusCode;
use axum::response::Response;

use super::respond;
use crate::local::engine::ACCOUNT;

const CONTENT_TYPE: &str = "text/xml";

/// Answers one request.
pub(super) fn serve(body: &[u8]) -> Response {
    let text = String::from_utf8_lossy(body);
    if text.split('&').any(|field| field == "Action=GetCallerIdentity") {
        let xml = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/demo/you</Arn><UserId>AROADEMO:you</UserId>\
             <Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>local</RequestId>\
             </ResponseMetadata></GetCallerIdentityResponse>"
        );
        return respond(StatusCode::OK, CONTENT_TYPE, xml.into_bytes());
    }
    let xml = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
               <Code>InvalidAction</Code><Message>Only GetCallerIdentity is served here.</Message></Error>\
               <RequestId>local</RequestId></ErrorResponse>";
    respond(StatusCode::BAD_REQUEST, CONTENT_TYPE, xml.as_bytes().to_vec())
}
