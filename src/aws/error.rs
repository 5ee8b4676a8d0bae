//! Turns every failure of the SDK into a [`Problem`]: what happened, to what, what to do next. In one place, so that a
//! failure reads the same wherever it shows.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;

use super::sentence::describe;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::ConnectionInfo;
use crate::model::format::one_line;

/// Characters of a server's message that are shown.
const MOST_SAID: usize = 400;

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
}

/// What is known of a failure apart from its type.
pub(super) struct Facts {
    /// The server's error code; empty where it gave none.
    pub code: String,
    /// The server's message, one line.
    pub message: String,
    /// HTTP status.
    pub status: Option<u16>,
    /// Whether a page for a browser came.
    pub is_html: bool,
    /// What the SDK says, outermost first.
    pub causes: Vec<String>,
}

impl Facts {
    /// Whether the SDK failed to get credentials, before any call was made.
    fn is_about_credentials(&self) -> bool {
        self.mentions(&["credential", "sso", "identity", "token", "assume role"])
    }

    /// Whether any cause has one of these words, in whatever case.
    pub(super) fn mentions(&self, words: &[&str]) -> bool {
        self.causes.iter().any(|cause| {
            let cause = cause.to_lowercase();
            words.iter().any(|word| cause.contains(word))
        })
    }
}

/// What a server sent, as far as a failure needs it.
pub(super) trait RawAnswer: std::fmt::Debug + 'static {
    /// HTTP status; not known inside an event stream.
    fn status(&self) -> Option<u16>;
    /// Whether it is a page for a browser.
    fn is_html(&self) -> bool;
}

impl RawAnswer for HttpResponse {
    fn status(&self) -> Option<u16> {
        Some(self.status().as_u16())
    }

    fn is_html(&self) -> bool {
        let is_html_type = self.headers().get("content-type").is_some_and(|kind| kind.contains("html"));
        is_html_type || self.body().bytes().is_some_and(|body| body.trim_ascii_start().starts_with(b"<"))
    }
}

impl RawAnswer for RawMessage {
    fn status(&self) -> Option<u16> {
        None
    }

    fn is_html(&self) -> bool {
        false
    }
}

/// Maps a failure of any operation.
pub(super) fn problem<E, R>(error: &SdkError<E, R>, call: Call<'_>, info: &ConnectionInfo) -> Problem
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: RawAnswer,
{
    let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
    let response = error.raw_response();
    let facts = Facts {
        code: meta.and_then(|meta| meta.code()).unwrap_or_default().to_owned(),
        message: meta.and_then(|meta| meta.message()).map(|said| one_line(said, MOST_SAID)).unwrap_or_default(),
        status: response.and_then(RawAnswer::status),
        is_html: response.is_some_and(RawAnswer::is_html),
        causes: causes(error),
    };
    let kind = match error {
        SdkError::TimeoutError(_) => ProblemKind::Unreachable,
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => ProblemKind::Unreachable,
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) if facts.is_about_credentials() => {
            ProblemKind::Credentials
        }
        SdkError::DispatchFailure(_) => ProblemKind::Unreachable,
        SdkError::ConstructionFailure(_) => ProblemKind::Configuration,
        SdkError::ResponseError(_) if !facts.is_html => match facts.status {
            Some(status) if (200..300).contains(&status) => ProblemKind::NotAws,
            _ => kind_of(&facts),
        },
        _ => kind_of(&facts),
    };
    describe(kind, &facts, call, info)
}

/// The causes of an error, outermost first.
fn causes(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let mut next = Some(error);
    let mut found = Vec::new();
    while let Some(error) = next {
        found.push(error.to_string());
        next = error.source();
    }
    found
}

/// The kind of a failure that the server answered.
fn kind_of(facts: &Facts) -> ProblemKind {
    let code = facts.code.as_str();
    match code {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" | "UnauthorizedAccess" => {
            ProblemKind::AccessDenied
        }
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired"
        | "IncompleteSignature" => ProblemKind::Credentials,
        "ResourceNotFoundException" | "ResourceNotFound" => ProblemKind::NotFound,
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
        // Servers that are not AWS say so in words.
        _ if facts.message.to_lowercase().contains("not implemented") => ProblemKind::Unsupported,
        code if code.starts_with("KMS") => ProblemKind::Kms,
        "InvalidArgumentException"
        | "ValidationException"
        | "InvalidParameterValue"
        | "SerializationException"
        | "InvalidParameterCombination" => ProblemKind::Invalid,
        _ if facts.is_html => ProblemKind::NotAws,
        "" if facts.status.is_some_and(|status| (200..300).contains(&status)) => ProblemKind::NotAws,
        "" if facts.status.is_some_and(|status| matches!(status, 404 | 405 | 501)) => ProblemKind::NotAws,
        "" if facts.status == Some(403) => ProblemKind::AccessDenied,
        "" if facts.status == Some(429) => ProblemKind::Limit,
        _ if facts.status.is_some_and(|status| status >= 500) => ProblemKind::Internal,
        "" => ProblemKind::NotAws,
        _ => ProblemKind::Invalid,
    }
}
