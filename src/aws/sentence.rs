//! The sentences of failures: what happened, to what, what to do next, and what helps that can be copied.

use super::error::{Call, Facts};
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::ConnectionInfo;
use crate::model::format::one_line;

/// Characters of an SDK's cause that are shown.
const MOST_CAUSE: usize = 160;

/// Puts a failure whose kind is known into words.
pub(super) fn describe(kind: ProblemKind, facts: &Facts, call: Call<'_>, info: &ConnectionInfo) -> Problem {
    let Call { operation, resource, .. } = call;
    let what = if resource.is_empty() { operation.to_owned() } else { format!("{operation} on {resource}") };
    let said = said(facts);
    let remedy = match kind {
        ProblemKind::AccessDenied => Some(statement(&action(facts, call), denied_resource(facts).as_deref())),
        ProblemKind::Kms if facts.code.contains("AccessDenied") => {
            Some(statement("kms:Decrypt", denied_resource(facts).as_deref()))
        }
        _ => None,
    };
    let sentence = match kind {
        ProblemKind::AccessDenied => format!(
            "{} is not allowed{} for this identity. Ask for that permission; everything else goes on.",
            action(facts, call),
            if resource.is_empty() { String::new() } else { format!(" on {resource}") }
        ),
        ProblemKind::Credentials => credentials(facts, info),
        ProblemKind::Configuration => {
            format!("{what} could not be built: {}. Check the profile, Region and endpoint.", cause(facts))
        }
        ProblemKind::NotFound => not_found(&said, call, info),
        ProblemKind::InUse => format!("{what} must wait: {said}. Try again when the stream is ACTIVE."),
        ProblemKind::Throttled => format!(
            "{what} was throttled: the throughput of the shard, shared by all its users, is used up for now. Go slower and try again."
        ),
        ProblemKind::Limit => limit(&what, &said, facts),
        ProblemKind::Expired => {
            format!("{what}: the iterator or page token is too old. A new one continues from where it was.")
        }
        ProblemKind::Invalid => format!("{what} was refused: {said}."),
        ProblemKind::Kms => kms(&what, &said, facts),
        ProblemKind::Unreachable => {
            let endpoint = endpoint(call, info);
            format!(
                "{endpoint} does not answer {operation} ({}). Check the endpoint, the network and the Region.",
                cause(facts)
            )
        }
        ProblemKind::NotAws => not_aws(facts, call, info),
        ProblemKind::Unsupported => {
            format!("{} does not have {operation}. What needs it stays empty.", endpoint(call, info))
        }
        ProblemKind::Internal => format!("{what} failed on the server's side ({said}). Try again in a moment."),
        ProblemKind::Cancelled => format!("{what} was cancelled."),
    };
    Problem { kind, operation, sentence, remedy }
}

/// What the server said, without its full stop; its code, or its status, where it said nothing.
fn said(facts: &Facts) -> String {
    match (facts.message.trim().trim_end_matches('.'), facts.code.as_str(), facts.status) {
        ("", "", Some(status)) => format!("HTTP {status}"),
        ("", "", None) => cause(facts),
        ("", code, _) => code.to_owned(),
        (message, _, _) => message.to_owned(),
    }
}

/// Where the call went.
fn endpoint(call: Call<'_>, info: &ConnectionInfo) -> String {
    info.endpoint_url.clone().unwrap_or_else(|| format!("{} in {}", service_name(call.service), info.region))
}

fn service_name(service: &str) -> &str {
    match service {
        "kinesis" => "Kinesis",
        "cloudwatch" => "CloudWatch",
        "sts" => "STS",
        other => other,
    }
}

fn not_found(said: &str, call: Call<'_>, info: &ConnectionInfo) -> String {
    let Call { operation, resource, .. } = call;
    let resource = if resource.is_empty() { "What was asked for" } else { resource };
    format!(
        "{operation}: {resource} is not there ({said}). It was deleted or has expired, or lives in another Region or account than {}.",
        info.region
    )
}

/// The one code stands for a rate, which passes, and for a quota, which does not (API: `LimitExceededException`).
fn limit(what: &str, said: &str, facts: &Facts) -> String {
    let words = format!("{} {said}", facts.code).to_lowercase();
    let is_rate = ["rate", "hrottl", "too many requests", "per second", "tps"].iter().any(|word| words.contains(word));
    if is_rate {
        return format!("{what} was called too often ({said}). Wait some seconds, then try again.");
    }
    format!("{what} reached a quota: {said}. Waiting does not help; ask AWS for a higher quota or free some of it.")
}

fn kms(what: &str, said: &str, facts: &Facts) -> String {
    let next = match facts.code.as_str() {
        "KMSAccessDeniedException" => "kms:Decrypt on that key is missing",
        "KMSDisabledException" => "The key is disabled: enable it in KMS",
        "KMSInvalidStateException" => "The key is not in a usable state, perhaps pending deletion: look at it in KMS",
        "KMSNotFoundException" => "The key does not exist any more: without it the records cannot be read",
        "KMSOptInRequired" => "The account is not subscribed to KMS",
        "KMSThrottlingException" => "KMS is called too often: wait, then try again",
        _ => "Look at the key in KMS",
    };
    format!("{what}: the key that encrypts the stream cannot be used ({said}). {next}. Shards and metrics still show.")
}

fn not_aws(facts: &Facts, call: Call<'_>, info: &ConnectionInfo) -> String {
    let Call { service, operation, .. } = call;
    let service = service_name(service);
    let endpoint = endpoint(call, info);
    let status = facts.status.map_or(String::new(), |status| format!(" (HTTP {status})"));
    if facts.is_html {
        return format!(
            "{endpoint} answered {operation} with HTML{status}, not as {service} would: check the endpoint URL."
        );
    }
    format!("{endpoint} answered {operation}{status} with something that is not {service}: check the endpoint URL.")
}

fn credentials(facts: &Facts, info: &ConnectionInfo) -> String {
    let who = info.profile.as_ref().map_or("the default credentials".to_owned(), |name| format!("profile {name}"));
    if facts.code == "RequestExpired"
        || facts.message.contains("Signature expired")
        || facts.message.contains("not yet current")
    {
        return format!("AWS refused the time of the request ({}). Set the clock of this machine.", said(facts));
    }
    if facts.code.starts_with("Expired") || facts.mentions(&["expired"]) {
        return format!("The session of {who} has expired. Sign in again, then retry.");
    }
    if !facts.code.is_empty() {
        let code = &facts.code;
        return format!(
            "AWS does not accept the credentials of {who} ({code}). Check that they belong to this account and partition."
        );
    }
    if facts.mentions(&["sso"]) && info.profile.is_some() {
        return format!("Nobody is signed in for {who} ({}). Sign in, then retry.", cause(facts));
    }
    if facts.mentions(&["feature"]) && facts.mentions(&["login"]) {
        return format!(
            "Credentials of {who} come from `aws login`, which this program cannot read. Use an SSO profile or keys."
        );
    }
    match &info.profile {
        Some(_) => format!(
            "{} gives no credentials ({}). Correct it in the AWS configuration files, or choose another.",
            capitalised(&who),
            cause(facts)
        ),
        None => "There are no credentials: neither the environment nor the default profile has any. Choose a profile, or set \
                 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            .to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// The innermost cause in a few words.
fn cause(facts: &Facts) -> String {
    let inner = facts.causes.iter().rev().find(|cause| !cause.trim().is_empty());
    inner.map_or("no reason given".to_owned(), |cause| one_line(cause.trim_end_matches('.'), MOST_CAUSE))
}

/// The IAM action that was denied: as AWS names it, else by the name of the operation.
fn action(facts: &Facts, call: Call<'_>) -> String {
    let named = word_behind(&facts.message, "perform: ").filter(|action| action.contains(':'));
    named.unwrap_or_else(|| format!("{}:{}", call.service, call.operation))
}

/// The ARN that AWS names in its refusal.
fn denied_resource(facts: &Facts) -> Option<String> {
    word_behind(&facts.message, "on resource: ").filter(|resource| resource.starts_with("arn:"))
}

fn word_behind(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    let word = rest.split(char::is_whitespace).next()?.trim_end_matches(['.', ',', ';']);
    (!word.is_empty() && !word.contains(['"', '\\'])).then(|| word.to_owned())
}

/// The least IAM statement that allows one action.
fn statement(action: &str, resource: Option<&str>) -> String {
    let resource = resource.unwrap_or("*");
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{ \"Effect\": \"Allow\", \"Action\": \"{action}\", \"Resource\": \"{resource}\" }}\n  ]\n}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connection::Environment;

    fn told(kind: ProblemKind, code: &str, message: &str) -> Problem {
        let info = ConnectionInfo {
            label: "prod".to_owned(),
            profile: Some("prod oncall".to_owned()),
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
            environment: Environment::Prod,
            has_cloudwatch: true,
        };
        let facts = Facts {
            code: code.to_owned(),
            message: message.to_owned(),
            status: Some(400),
            is_html: false,
            causes: vec!["service error".to_owned()],
        };
        describe(kind, &facts, Call::kinesis("SplitShard", "orders"), &info)
    }

    #[test]
    fn a_missing_permission_comes_with_the_least_statement() {
        let message = "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: kinesis:SplitShard on resource: \
                       arn:aws:kinesis:eu-west-1:1:stream/orders because no identity-based policy allows it";
        let problem = told(ProblemKind::AccessDenied, "AccessDeniedException", message);
        assert!(problem.sentence.starts_with("kinesis:SplitShard is not allowed on orders"), "{}", problem.sentence);
        let policy: serde_json::Value = serde_json::from_str(&problem.remedy.expect("remedy")).expect("JSON");
        assert_eq!(policy["Statement"][0]["Resource"], "arn:aws:kinesis:eu-west-1:1:stream/orders");
        let unnamed = told(ProblemKind::AccessDenied, "AccessDeniedException", "").remedy.expect("remedy");
        assert!(unnamed.contains("\"kinesis:SplitShard\"") && unnamed.contains("\"*\""), "{unnamed}");
    }

    #[test]
    fn a_rate_is_not_a_quota() {
        let rate = told(ProblemKind::Limit, "LimitExceededException", "Rate exceeded for stream orders.");
        assert!(rate.sentence.contains("too often"), "{}", rate.sentence);
        let quota =
            told(ProblemKind::Limit, "LimitExceededException", "This request would exceed the shard limit. Limit: 200");
        assert!(quota.sentence.contains("quota"), "{}", quota.sentence);
    }

    #[test]
    fn an_expired_session_is_not_a_wrong_clock() {
        let problem = told(ProblemKind::Credentials, "ExpiredTokenException", "The security token has expired");
        assert!(problem.sentence.contains("profile prod oncall has expired"), "{}", problem.sentence);
        let clock =
            told(ProblemKind::Credentials, "InvalidSignatureException", "Signature expired: 2026 is now earlier");
        assert!(clock.sentence.contains("clock"), "{}", clock.sentence);
    }

    #[test]
    fn each_trouble_with_the_key_says_its_own_next_step() {
        let codes =
            ["KMSAccessDeniedException", "KMSDisabledException", "KMSNotFoundException", "KMSThrottlingException"];
        let sentences: std::collections::BTreeSet<String> =
            codes.iter().map(|code| told(ProblemKind::Kms, code, "key k").sentence).collect();
        assert_eq!(sentences.len(), codes.len());
    }
}
