//! Turns every failure of the SDK into a [`Problem`]: what happened, to what, what to do next. In one place, so that a
//! failure reads the same wherever it shows.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

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
}

/// What is known of a failure apart from its type.
struct Facts {
    code: String,
    message: String,
    status: Option<u16>,
    is_html: bool,
    chain: String,
}

/// Maps a failure of any operation.
pub(super) fn problem<E>(error: &SdkError<E, HttpResponse>, call: Call<'_>, info: &ConnectionInfo) -> Problem
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let response = error.raw_response();
    let body = response.and_then(|response| response.body().bytes()).unwrap_or_default();
    let content_type = response.and_then(|response| response.headers().get("content-type")).unwrap_or_default();
    let facts = Facts {
        code: error.code().unwrap_or_default().to_owned(),
        message: error.message().unwrap_or_default().to_owned(),
        status: response.map(|response| response.status().as_u16()),
        is_html: content_type.contains("html") || body.trim_ascii_start().starts_with(b"<"),
        chain: DisplayErrorContext(error).to_string(),
    };
    let kind = match error {
        SdkError::TimeoutError(_) => ProblemKind::Unreachable,
        SdkError::DispatchFailure(failure) if is_credentials(&facts.chain) || failure.is_user() => {
            ProblemKind::Credentials
        }
        SdkError::DispatchFailure(_) => ProblemKind::Unreachable,
        SdkError::ConstructionFailure(_) if is_credentials(&facts.chain) => ProblemKind::Credentials,
        SdkError::ConstructionFailure(_) => ProblemKind::Configuration,
        _ => kind_of(&facts),
    };
    describe(kind, &facts, call, info)
}

fn is_credentials(chain: &str) -> bool {
    let chain = chain.to_lowercase();
    ["credential", "sso token", "sso session", "token has expired", "identity"].iter().any(|word| chain.contains(word))
}

/// The kind of a failure that the server answered.
fn kind_of(facts: &Facts) -> ProblemKind {
    let code = facts.code.as_str();
    match code {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => ProblemKind::AccessDenied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature" => ProblemKind::Credentials,
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

fn describe(kind: ProblemKind, facts: &Facts, call: Call<'_>, info: &ConnectionInfo) -> Problem {
    let Call { service, operation, resource } = call;
    let on = if resource.is_empty() { String::new() } else { format!(" on {resource}") };
    let said = said(facts);
    let endpoint = info.endpoint_url.clone().unwrap_or_else(|| format!("{service} in {}", info.region));
    let mut remedy = None;
    let sentence = match kind {
        ProblemKind::AccessDenied => {
            remedy = Some(statement(service, operation));
            format!(
                "{service}:{operation} is not allowed{on} for this identity. Everything else goes on; ask for that permission."
            )
        }
        ProblemKind::Credentials => {
            remedy = login(facts, info);
            credentials_sentence(facts, info)
        }
        ProblemKind::Configuration => {
            format!("{operation}{on} could not be built: {}. Check the profile and Region.", cause(facts))
        }
        ProblemKind::NotFound => {
            format!(
                "{operation}: {resource} is not there ({said}). It was deleted, or lives in another Region or account than {}.",
                info.region
            )
        }
        ProblemKind::InUse => format!("{operation}{on} must wait: {said}. Try again when the stream is ACTIVE."),
        ProblemKind::Throttled => {
            format!(
                "{operation}{on} was throttled: the shard's throughput, shared by all consumers, is used up. Reading slows down by itself."
            )
        }
        ProblemKind::Limit if said.to_lowercase().contains("rate") || facts.code.contains("hrottl") => {
            format!("{operation}{on} was called too often for this account ({said}). It is tried again by itself.")
        }
        ProblemKind::Limit => format!("{operation}{on} reached a limit: {said}. Wait, or ask AWS for a higher quota."),
        ProblemKind::Expired => format!("{operation}{on}: the iterator or token is too old. It is renewed by itself."),
        ProblemKind::Invalid => format!("{operation}{on} was refused: {said}."),
        ProblemKind::Kms => {
            format!(
                "{operation}{on}: the key that encrypts the stream cannot be used ({}: {said}). kms:Decrypt on that key is needed; metrics still work.",
                facts.code
            )
        }
        ProblemKind::Unreachable => {
            format!("{endpoint} does not answer ({}). Check the endpoint, the network and the Region.", cause(facts))
        }
        ProblemKind::NotAws => {
            let what = if facts.is_html { "HTML" } else { "something else" };
            let status = facts.status.map_or(String::new(), |status| format!(" (HTTP {status})"));
            format!(
                "{endpoint} answered {operation} with {what}{status}, not as {service} would. Check the endpoint URL."
            )
        }
        ProblemKind::Unsupported => format!("{endpoint} does not have {operation}. What needs it stays empty."),
        ProblemKind::Internal => {
            format!("{operation}{on} failed on the server's side ({said}). It is tried again by itself.")
        }
        ProblemKind::Cancelled => format!("{operation}{on} was cancelled."),
    };
    Problem { kind, operation, sentence, remedy }
}

/// What the server said, in its words where it had any: one line, without the full stop.
fn said(facts: &Facts) -> String {
    let words = match (facts.message.trim(), facts.code.as_str(), facts.status) {
        ("", "", Some(status)) => format!("HTTP {status} without a message"),
        ("", "", None) => "no message".to_owned(),
        ("", code, _) => code.to_owned(),
        (message, _, _) => message.to_owned(),
    };
    crate::model::format::one_line(words.trim_end_matches('.'), 300)
}

fn credentials_sentence(facts: &Facts, info: &ConnectionInfo) -> String {
    let who =
        info.profile.as_ref().map_or("the default credentials".to_owned(), |profile| format!("profile {profile}"));
    let lower = facts.chain.to_lowercase();
    if facts.code.starts_with("Expired") || lower.contains("expired") {
        format!("The session of {who} has expired. Sign in again, then retry.")
    } else if lower.contains("sso") {
        format!("Nobody is signed in for {who}. Sign in, then retry.")
    } else if facts.code.is_empty() {
        format!(
            "No credentials were found for {who} ({}). Choose a profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            cause(facts)
        )
    } else {
        format!(
            "AWS does not accept the credentials of {who} ({}). Check that they belong to this account and partition.",
            facts.code
        )
    }
}

fn login(facts: &Facts, info: &ConnectionInfo) -> Option<String> {
    let profile = info.profile.as_ref()?;
    let lower = facts.chain.to_lowercase();
    (lower.contains("sso") || lower.contains("expired"))
        .then(|| format!("aws sso login --profile {}", crate::model::activity::shell_quote(profile)))
}

/// The innermost cause in a few words.
fn cause(facts: &Facts) -> String {
    let chain = facts.chain.split(" (").next().unwrap_or(&facts.chain);
    let parts: Vec<&str> = chain.split(": ").collect();
    let tail = parts.get(parts.len().saturating_sub(2)..).unwrap_or(&parts).join(": ");
    crate::model::format::one_line(&tail, 160)
}

/// The least IAM statement that allows one action.
fn statement(service: &str, operation: &str) -> String {
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{ \"Effect\": \"Allow\", \"Action\": \"{service}:{operation}\", \"Resource\": \"*\" }}\n  ]\n}}"
    )
}
