//! Turns every failure of the SDK into a [`Problem`]: tells its kind here, its words in [`sentence`]. In one place, so that
//! a failure reads the same wherever it shows.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;

use super::sentence;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::ConnectionInfo;

/// What a call was about, for the sentence.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// `kinesis`, `cloudwatch`, `sts`: the prefix of the IAM action.
    pub service: &'static str,
    /// `ListShards`.
    pub operation: &'static str,
    /// Stream, shard or consumer.
    pub resource: &'a str,
}

impl<'a> Call<'a> {
    /// A call to Kinesis.
    pub(super) fn kinesis(operation: &'static str, resource: &'a str) -> Self {
        Self { service: "kinesis", operation, resource }
    }

    /// Whether the call changes nothing: the program repeats it without asking.
    pub(super) fn is_read(self) -> bool {
        ["Get", "List", "Describe", "Subscribe"].iter().any(|prefix| self.operation.starts_with(prefix))
    }
}

/// Where a call ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing was sent.
    Before,
    /// No connection, or none that lasted until an answer.
    Connection,
    /// The time was over.
    Timeout,
    /// The answer was not complete.
    BrokenOff,
    /// There is an answer.
    Answered,
}

/// What is known of a failure apart from its type.
pub(super) struct Facts {
    /// Error code without namespace; empty where there is none.
    pub code: String,
    /// The server's words; empty where there are none.
    pub message: String,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// AWS's id of the request, which its support asks for.
    pub request_id: Option<String>,
    /// Whether the answer is a page for people.
    pub is_html: bool,
    /// Where the call ended.
    pub stage: Stage,
    /// What each error of the chain says, outermost first.
    pub chain: Vec<String>,
}

impl Facts {
    /// Whether any error of the chain says this, whatever its case.
    pub(super) fn chain_says(&self, words: &[&str]) -> bool {
        self.chain.iter().any(|text| {
            let text = text.to_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    }
}

/// What a server sent, as far as a failure needs it.
pub(super) trait RawAnswer: std::fmt::Debug + 'static {
    /// HTTP status; not known inside an event stream.
    fn status(&self) -> Option<u16>;
    /// AWS's id of the request.
    fn request_id(&self) -> Option<String>;
    /// Whether it is a page for people.
    fn is_html(&self) -> bool;
    /// Whether it broke off while it was read.
    fn is_broken_off(&self) -> bool;
}

impl RawAnswer for HttpResponse {
    fn status(&self) -> Option<u16> {
        Some(self.status().as_u16())
    }

    fn request_id(&self) -> Option<String> {
        self.headers().get("x-amzn-requestid").map(str::to_owned)
    }

    fn is_html(&self) -> bool {
        let content_type = self.headers().get("content-type").unwrap_or_default();
        let body = self.body().bytes().unwrap_or_default();
        content_type.contains("html") || body.trim_ascii_start().starts_with(b"<")
    }

    fn is_broken_off(&self) -> bool {
        self.body().bytes().is_none()
    }
}

/// What came inside an event stream.
impl RawAnswer for RawMessage {
    fn status(&self) -> Option<u16> {
        None
    }

    fn request_id(&self) -> Option<String> {
        None
    }

    fn is_html(&self) -> bool {
        false
    }

    fn is_broken_off(&self) -> bool {
        true
    }
}

/// Maps a failure of any operation.
pub(super) fn problem<E, R>(error: &SdkError<E, R>, call: Call<'_>, info: &ConnectionInfo) -> Problem
where
    E: ProvideErrorMetadata + Error + 'static,
    R: RawAnswer,
{
    let answer = error.raw_response();
    let stage = match error {
        SdkError::TimeoutError(_) => Stage::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_user() => Stage::Before,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Stage::Timeout,
        SdkError::DispatchFailure(_) => Stage::Connection,
        SdkError::ResponseError(_) if answer.is_some_and(RawAnswer::is_broken_off) => Stage::BrokenOff,
        SdkError::ConstructionFailure(_) => Stage::Before,
        _ => Stage::Answered,
    };
    let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
    let facts = Facts {
        code: meta.and_then(|meta| meta.code()).unwrap_or_default().to_owned(),
        message: meta.and_then(|meta| meta.message()).unwrap_or_default().to_owned(),
        status: answer.and_then(RawAnswer::status),
        is_html: answer.is_some_and(RawAnswer::is_html),
        request_id: answer.and_then(RawAnswer::request_id),
        stage,
        chain: chain_of(error),
    };
    let is_about_credentials = facts.chain_says(&["credential", "sso token", "sso session", "token has expired"]);
    let kind = match stage {
        Stage::Answered => kind_of(&facts),
        _ if is_about_credentials || facts.chain_says(&["identity resolver"]) => ProblemKind::Credentials,
        Stage::Before => ProblemKind::Configuration,
        Stage::Connection | Stage::Timeout | Stage::BrokenOff => ProblemKind::Unreachable,
    };
    sentence::describe(kind, &facts, call, info)
}

/// What the error and each of its causes say, without repetitions.
fn chain_of(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut chain: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if chain.last() != Some(&text) {
            chain.push(text);
        }
        next = error.source();
    }
    chain
}

/// The kind of a failure that the server answered.
fn kind_of(facts: &Facts) -> ProblemKind {
    match facts.code.as_str() {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => ProblemKind::AccessDenied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "AuthFailure"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "OptInRequired" => ProblemKind::Credentials,
        "ResourceNotFoundException" => ProblemKind::NotFound,
        "ResourceInUseException" => ProblemKind::InUse,
        "ProvisionedThroughputExceededException" => ProblemKind::Throttled,
        "LimitExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "TooManyRequestsException"
        | "RequestLimitExceeded" => ProblemKind::Limit,
        "ExpiredIteratorException" | "ExpiredNextTokenException" => ProblemKind::Expired,
        "UnknownOperationException" | "UnknownOperation" | "NotImplemented" | "InvalidAction" => {
            ProblemKind::Unsupported
        }
        code if code.starts_with("KMS") => ProblemKind::Kms,
        "InvalidArgumentException"
        | "ValidationException"
        | "ValidationError"
        | "InvalidParameterValue"
        | "SerializationException"
        | "InvalidParameterCombination" => ProblemKind::Invalid,
        _ if facts.is_html => ProblemKind::NotAws,
        "" => match facts.status {
            Some(403) => ProblemKind::AccessDenied,
            Some(429) => ProblemKind::Limit,
            Some(501) => ProblemKind::NotAws,
            Some(500..) => ProblemKind::Internal,
            _ => ProblemKind::NotAws,
        },
        _ if facts.status.is_some_and(|status| status >= 500) => ProblemKind::Internal,
        _ => ProblemKind::Invalid,
    }
}
