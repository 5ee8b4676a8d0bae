//! The words of a problem: what happened, to what, what to do; and what can be copied to do it.

use super::error::{Call, Facts, Stage};
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::ConnectionInfo;
use crate::model::format::one_line;

/// Longest quotation of a server's words.
const MOST_QUOTED: usize = 240;

/// Puts a failure of this kind into words.
pub(super) fn describe(kind: ProblemKind, facts: &Facts, call: Call<'_>, info: &ConnectionInfo) -> Problem {
    let Call { service, operation, resource } = call;
    let on = if resource.is_empty() { String::new() } else { format!(" on {resource}") };
    let said = said(facts);
    let endpoint = info.endpoint_url.clone().unwrap_or_else(|| format!("{service} in {}", info.region));
    let mut remedy = None;
    let sentence = match kind {
        ProblemKind::AccessDenied => {
            let (sentence, statement) = access_denied(facts, call, &on);
            remedy = statement;
            sentence
        }
        ProblemKind::Credentials => {
            let (sentence, needs_login) = credentials(facts, info);
            remedy = info.profile.as_deref().filter(|_| needs_login).and_then(super::profiles::login_command);
            sentence
        }
        ProblemKind::Kms => {
            let (sentence, statement) = kms(facts, call, &on);
            remedy = statement;
            sentence
        }
        ProblemKind::Configuration => {
            format!(
                "{operation}{on} could not be sent: {}. Check the profile, the endpoint and the Region.",
                cause(facts)
            )
        }
        ProblemKind::NotFound if resource.starts_with("shardId-") => format!(
            "{operation}: {resource} is not there ({said}). The shard has expired, or its stream lives in another Region or account than {}.",
            info.region
        ),
        ProblemKind::NotFound => format!(
            "{operation}: {resource} is not there ({said}). It was deleted, or lives in another Region or account than {}.",
            info.region
        ),
        ProblemKind::InUse => format!("{operation}{on} must wait: {said}. Try again when the stream is ACTIVE."),
        ProblemKind::Throttled if call.is_read() => format!(
            "{operation}{on} was throttled: the shard's read throughput, shared by all consumers, is used up. Reading slows down by itself."
        ),
        ProblemKind::Throttled => format!(
            "{operation}{on} was throttled: the write throughput of a shard is used up. Write more slowly, or split the shard."
        ),
        ProblemKind::Limit if is_rate(facts) => {
            format!("{operation}{on} was called too often for this account ({said}). {}", again(call))
        }
        ProblemKind::Limit => format!("{operation}{on} reached a limit: {said}. Wait, or ask AWS for a higher quota."),
        ProblemKind::Expired => format!("{operation}{on}: the iterator or token is too old. It is renewed by itself."),
        ProblemKind::Invalid => format!("{operation}{on} was refused: {said}."),
        ProblemKind::Unreachable => unreachable(facts, call, info, &endpoint),
        ProblemKind::NotAws => {
            let what = if facts.is_html { "HTML" } else { "something else" };
            let status = facts.status.map_or(String::new(), |status| format!(" (HTTP {status})"));
            let check = match info.endpoint_url {
                Some(_) => "Check the endpoint URL.",
                None => "Check the network: a proxy or a sign-in page may stand in between.",
            };
            format!("{endpoint} answered {operation} with {what}{status}, not as {service} would. {check}")
        }
        ProblemKind::Unsupported => format!("{endpoint} does not have {operation}. What needs it stays empty."),
        ProblemKind::Internal => {
            let request =
                facts.request_id.as_ref().map_or(String::new(), |id| format!("; request {}", one_line(id, 64)));
            format!("{operation}{on} failed on the server's side ({said}{request}). {}", again(call))
        }
        ProblemKind::Cancelled => format!("{operation}{on} was cancelled."),
    };
    Problem { kind, operation, sentence, remedy }
}

/// What happens next after a failure that passes by itself.
fn again(call: Call<'_>) -> &'static str {
    if call.is_read() { "It is tried again by itself." } else { "Try again in a moment." }
}

/// What the server said: one line of bounded length without its full stop.
fn said(facts: &Facts) -> String {
    let words = match (facts.message.trim(), facts.code.as_str(), facts.status) {
        ("", "", Some(status)) => format!("HTTP {status} without a message"),
        ("", "", None) => "no message".to_owned(),
        ("", code, _) => code.to_owned(),
        (message, _, _) => message.to_owned(),
    };
    one_line(words.trim_end_matches('.'), MOST_QUOTED)
}

/// The innermost cause in a few words, without the number of the operating system.
fn cause(facts: &Facts) -> String {
    let innermost = facts.chain.last().map_or("no cause is known", String::as_str);
    let words = innermost.split(" (os error").next().unwrap_or(innermost);
    one_line(words.trim_end_matches('.'), 160)
}

/// Whether a limit is one of calls a second and not a quota; AWS gives both the same code.
fn is_rate(facts: &Facts) -> bool {
    let message = facts.message.to_lowercase();
    facts.code != "LimitExceededException"
        || ["rate exceeded", "rate limit", "too many requests", "throttl"].iter().any(|words| message.contains(words))
}

fn unreachable(facts: &Facts, call: Call<'_>, info: &ConnectionInfo, endpoint: &str) -> String {
    let operation = call.operation;
    let what = match facts.stage {
        Stage::Timeout => format!("{endpoint} did not answer {operation} in time."),
        Stage::BrokenOff => format!("{endpoint} broke off its answer to {operation} ({}).", cause(facts)),
        _ => format!("{endpoint} does not answer {operation} ({}).", cause(facts)),
    };
    let is_unknown = !call.is_read() && (facts.stage != Stage::Connection || facts.chain_says(&["closed", "reset"]));
    let outcome = if is_unknown { " Whether it was carried out is not known." } else { "" };
    let check = if info.endpoint_url.is_some() {
        "Check the endpoint and the network."
    } else {
        "Check the network and the Region."
    };
    format!("{what}{outcome} {check}")
}

/// The sentence, and whether signing in helps.
fn credentials(facts: &Facts, info: &ConnectionInfo) -> (String, bool) {
    let (who, theirs) = match &info.profile {
        Some(profile) => (format!("profile {profile}"), format!("the credentials of profile {profile}")),
        None => ("the default credentials".to_owned(), "the default credentials".to_owned()),
    };
    let message = facts.message.to_lowercase();
    let is_clock = matches!(facts.code.as_str(), "RequestExpired" | "RequestTimeTooSkewed")
        || ["signature expired", "signature not yet current", "skew"].iter().any(|words| message.contains(words));
    if is_clock {
        let sentence =
            format!("The clock of this machine is wrong: AWS answered {}. Set the clock, then retry.", facts.code);
        (sentence, false)
    } else if facts.code.starts_with("Expired") || facts.chain_says(&["expired"]) {
        (format!("The session of {who} has expired. Sign in again, then retry."), true)
    } else if facts.chain_says(&["sso", "aws login"]) {
        (format!("Nobody is signed in for {who}. Sign in, then retry."), true)
    } else if facts.stage == Stage::Answered {
        let why = one_line(said(facts).split(". ").next().unwrap_or_default(), 120);
        let code = &facts.code;
        let quoted = if why == *code { String::new() } else { format!(": {why}") };
        let sentence = format!(
            "AWS does not accept {theirs} ({code}{quoted}). Check that they are right and belong to this account, partition and Region."
        );
        (sentence, false)
    } else if facts.chain_says(&["credentials-login"]) {
        let sentence = format!(
            "{who} builds on a profile of `aws login`, which works only by itself here. Choose that profile, or export its credentials with `aws configure export-credentials`."
        );
        (sentence, false)
    } else if info.profile.is_some() {
        let sentence =
            format!("There are no credentials for {who} ({}). Check it in the AWS configuration files.", cause(facts));
        (sentence, false)
    } else {
        let sentence =
            "No credentials were found. Choose a profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.";
        (sentence.to_owned(), false)
    }
}

/// What AWS's words say of a refusal: `User: … is not authorized to perform: … on resource: … because …`.
struct Refusal<'a> {
    who: Option<&'a str>,
    action: Option<&'a str>,
    resource: Option<&'a str>,
    /// `no identity-based policy allows the … action`.
    because: Option<&'a str>,
    /// `explicit deny in a service control policy`.
    deny: Option<&'a str>,
}

impl<'a> Refusal<'a> {
    fn read(message: &'a str) -> Self {
        let behind = |words: &str| message.split_once(words).map(|(_, rest)| rest.trim());
        // What goes into a statement must not be able to end its quotes.
        let is_plain = |word: &&str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/*+=,@".contains(c))
        };
        let word = |words: &str| {
            behind(words)
                .and_then(|rest| rest.split_whitespace().next())
                .map(|word| word.trim_end_matches('.'))
                .filter(is_plain)
        };
        Self {
            who: word("User: ").map(|arn| arn.splitn(6, ':').nth(5).unwrap_or(arn)),
            action: word("to perform: ").filter(|action| action.contains(':')),
            resource: word("on resource: ").filter(|resource| resource.starts_with("arn:")),
            because: behind(" because ").map(|why| why.trim_end_matches('.')),
            deny: behind(" with an ")
                .filter(|rest| rest.starts_with("explicit deny"))
                .map(|why| why.trim_end_matches('.')),
        }
    }
}

/// The sentence, and the statement that grants what is missing where one would help.
fn access_denied(facts: &Facts, call: Call<'_>, on: &str) -> (String, Option<String>) {
    let refusal = Refusal::read(&facts.message);
    let own_action = format!("{}:{}", call.service, call.operation);
    let action = refusal.action.unwrap_or(&own_action);
    let who = refusal.who.unwrap_or("this identity");
    if let Some(deny) = refusal.deny {
        let deny = one_line(deny, 120);
        let sentence = format!(
            "{action} is forbidden{on} for {who} by an {deny}. Everything else goes on; only that policy can change it."
        );
        return (sentence, None);
    }
    let because = refusal.because.map_or(String::new(), |why| format!(" ({})", one_line(why, 120)));
    let sentence =
        format!("{action} is not allowed{on} for {who}{because}. Everything else goes on; ask for that permission.");
    (sentence, Some(statement(action, refusal.resource.unwrap_or("*"))))
}

/// The sentence, and the statement that grants the use of the key where one would help.
fn kms(facts: &Facts, call: Call<'_>, on: &str) -> (String, Option<String>) {
    let operation = call.operation;
    let said = said(facts);
    let without_statement = |what: &str| (format!("{operation}{on}: {what} ({said}). Metrics still work."), None);
    match facts.code.as_str() {
        "KMSDisabledException" => {
            without_statement("the key that encrypts the stream is disabled; have it enabled in KMS")
        }
        "KMSInvalidStateException" => without_statement(
            "the key that encrypts the stream cannot be used in its state; if it is pending deletion, have that cancelled",
        ),
        "KMSNotFoundException" => {
            without_statement("the key that encrypts the stream is not there, and without it nothing can be read")
        }
        "KMSOptInRequired" => without_statement("this account is not subscribed to KMS; its owner has to be"),
        "KMSThrottlingException" => without_statement("KMS was called too often; wait a moment"),
        _ => {
            let refusal = Refusal::read(&facts.message);
            let action = refusal.action.unwrap_or(if call.is_read() { "kms:Decrypt" } else { "kms:GenerateDataKey" });
            let sentence = format!(
                "{operation}{on}: the key that encrypts the stream may not be used ({said}). {action} on that key is needed; metrics still work."
            );
            (sentence, Some(statement(action, refusal.resource.unwrap_or("*"))))
        }
    }
}

/// The least IAM policy that allows one action.
fn statement(action: &str, resource: &str) -> String {
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{ \"Effect\": \"Allow\", \"Action\": \"{action}\", \"Resource\": \"{resource}\" }}\n  ]\n}}"
    )
}
