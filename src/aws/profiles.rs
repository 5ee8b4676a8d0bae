//! The profiles of the AWS configuration files: which there are, how each gets credentials, how long its session lasts.
//! Reads secrets only to see that they are there; none leaves this file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::{self, ProfileInfo, ProfileKind, SessionState};
use crate::model::time::Timestamp;

type Section = BTreeMap<String, String>;

/// The sections of both files that matter here.
#[derive(Debug, Default)]
struct Sections {
    profiles: BTreeMap<String, Section>,
    sessions: BTreeMap<String, Section>,
}

/// Reads `config`, `credentials` and the cache of SSO tokens. Makes no call.
///
/// # Errors
/// When a file is there but cannot be read.
pub fn read_profiles(now: Timestamp) -> Result<Vec<ProfileInfo>, Problem> {
    let (config, credentials) = read_files()?;
    let tokens = home().map(|home| sso_tokens(&home.join(".aws/sso/cache"))).unwrap_or_default();
    Ok(profiles(&config, &credentials, &tokens, now))
}

/// One profile by its name; what its session is worth is not looked up.
///
/// # Errors
/// `Configuration` for a profile that neither file has.
pub(super) fn find(name: &str) -> Result<ProfileInfo, Problem> {
    let (config, credentials) = read_files()?;
    let sections = sections(&config, &credentials);
    match sections.profiles.get(name) {
        Some(section) => Ok(profile(name, section, &sections, &BTreeMap::new(), Timestamp(0))),
        // Every machine has the default profile, if only an empty one.
        None if name == "default" => Ok(profile(name, &Section::new(), &sections, &BTreeMap::new(), Timestamp(0))),
        None => Err(unknown_profile(name, &sections)),
    }
}

fn unknown_profile(profile: &str, sections: &Sections) -> Problem {
    let names: Vec<&str> = sections.profiles.keys().map(String::as_str).take(8).collect();
    let there = if names.is_empty() {
        "There is no profile at all".to_owned()
    } else {
        format!("There are: {}", names.join(", "))
    };
    let mut problem = Problem::new(
        ProblemKind::Configuration,
        format!("Profile {profile} is not in the AWS configuration files. {there}. `aws configure sso` adds one."),
    );
    problem.remedy = Some("aws configure sso".to_owned());
    problem
}

/// Profiles that build on each other; AWS's tools do not go deeper either, and a circle must end.
const MOST_SOURCES: usize = 8;

/// The command that signs in again for a profile, or for the one it takes its credentials from; `None` where there is
/// nothing to sign in to.
pub(super) fn login_command(profile: &str) -> Option<String> {
    let (config, credentials) = read_files().ok()?;
    login_command_of(&sections(&config, &credentials), profile)
}

fn login_command_of(sections: &Sections, profile: &str) -> Option<String> {
    let mut name = profile;
    for _ in 0..MOST_SOURCES {
        let section = sections.profiles.get(name)?;
        match connection::login_words(kind(section), name) {
            Some(words) => return Some(connection::login_command(&words)),
            None => name = section.get("source_profile")?,
        }
    }
    None
}

fn home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

fn read_files() -> Result<(String, String), Problem> {
    let path = |variable: &str, default: &str| {
        std::env::var_os(variable).map(PathBuf::from).or_else(|| home().map(|home| home.join(default)))
    };
    let read = |path: Option<PathBuf>| match path.as_deref().map(std::fs::read) {
        None => Ok(String::new()),
        Some(Ok(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Some(Err(err)) if err.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Some(Err(err)) => {
            let place = path.map(|path| path.display().to_string()).unwrap_or_default();
            let sentence = format!("{place} cannot be read ({err}). Check its permissions.");
            Err(Problem::new(ProblemKind::Configuration, sentence))
        }
    };
    Ok((read(path("AWS_CONFIG_FILE", ".aws/config"))?, read(path("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"))?))
}

/// The SDK reads these files as well but keeps its parser to itself; this one reads only what the first screen shows.
fn sections(config: &str, credentials: &str) -> Sections {
    let mut found = Sections::default();
    let mut read = |text: &str, is_config: bool| {
        let mut target: Option<(bool, String)> = None;
        for line in text.lines() {
            let bare = line.split([';', '#']).next().unwrap_or_default();
            if let Some(name) = bare.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                target = section_name(name.trim(), is_config);
                if let Some((false, name)) = &target {
                    found.profiles.entry(name.clone()).or_default();
                }
                continue;
            }
            // An indented line belongs to a nested setting such as `s3 =`.
            if line.starts_with([' ', '\t']) {
                continue;
            }
            if let (Some((is_session, name)), Some((key, value))) = (&target, line.split_once('=')) {
                let sections = if *is_session { &mut found.sessions } else { &mut found.profiles };
                let value = value.split(" #").next().unwrap_or_default().trim();
                sections.entry(name.clone()).or_default().insert(key.trim().to_owned(), value.to_owned());
            }
        }
    };
    read(config, true);
    read(credentials, false);
    found
}

/// Whether a section is an SSO session, and its name; `None` for sections that do not matter here.
fn section_name(name: &str, is_config: bool) -> Option<(bool, String)> {
    match name.split_once(char::is_whitespace) {
        Some(("profile", rest)) if is_config => Some((false, rest.trim().to_owned())),
        Some(("sso-session", rest)) if is_config => Some((true, rest.trim().to_owned())),
        Some(_) => None,
        None if !is_config || name == "default" => Some((false, name.to_owned())),
        None => None,
    }
}

/// Start URL of each cached sign-in and when it ends.
fn sso_tokens(folder: &Path) -> BTreeMap<String, Timestamp> {
    let mut tokens = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        let Ok(token) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        let field = |name: &str| token.get(name).and_then(serde_json::Value::as_str);
        // A file without a token is the registration of the client.
        if field("accessToken").is_none() {
            continue;
        }
        if let (Some(url), Some(Ok(end))) = (field("startUrl"), field("expiresAt").map(Timestamp::from_rfc3339)) {
            let newest = tokens.entry(url.to_owned()).or_insert(end);
            *newest = end.max(*newest);
        }
    }
    tokens
}

fn profiles(config: &str, credentials: &str, tokens: &BTreeMap<String, Timestamp>, now: Timestamp) -> Vec<ProfileInfo> {
    let sections = sections(config, credentials);
    sections.profiles.iter().map(|(name, section)| profile(name, section, &sections, tokens, now)).collect()
}

fn profile(
    name: &str,
    section: &Section,
    sections: &Sections,
    tokens: &BTreeMap<String, Timestamp>,
    now: Timestamp,
) -> ProfileInfo {
    let get = |key: &str| section.get(key).filter(|value| !value.is_empty()).cloned();
    let kind = kind(section);
    let sso_session = get("sso_session");
    let session_section = sso_session.as_ref().and_then(|session| sections.sessions.get(session));
    let start_url = get("sso_start_url").or_else(|| session_section.and_then(|s| s.get("sso_start_url").cloned()));
    let session = match kind {
        ProfileKind::Sso => match start_url.as_ref().and_then(|url| tokens.get(url)) {
            Some(end) if *end > now => SessionState::ValidUntil(*end),
            Some(end) => SessionState::ExpiredAt(*end),
            None => SessionState::SignedOut,
        },
        ProfileKind::AssumeRole if get("mfa_serial").is_some() => SessionState::AsksForMfa,
        ProfileKind::AssumeRole => get("source_profile").map_or(SessionState::Unknown, SessionState::Needs),
        ProfileKind::Static => SessionState::NoExpiry,
        _ => SessionState::Unknown,
    };
    let role_arn = get("role_arn");
    let role_name = role_arn.as_ref().and_then(|arn| arn.rsplit('/').next().map(str::to_owned));
    ProfileInfo {
        name: name.to_owned(),
        kind,
        acts_as: get("sso_role_name").or(role_name).or_else(|| get("aws_access_key_id").map(|id| key_hint(&id))),
        account: get("sso_account_id")
            .or_else(|| role_arn.as_ref().and_then(|arn| arn.split(':').nth(4).map(str::to_owned))),
        region: get("region"),
        endpoint_url: get("endpoint_url"),
        sso_session: sso_session.or(start_url.filter(|_| kind == ProfileKind::Sso)),
        session,
    }
}

fn kind(section: &Section) -> ProfileKind {
    let has = |key: &str| section.get(key).is_some_and(|value| !value.is_empty());
    if has("role_arn") && has("web_identity_token_file") {
        ProfileKind::WebIdentity
    } else if has("role_arn") {
        ProfileKind::AssumeRole
    } else if has("sso_session") || has("sso_start_url") {
        ProfileKind::Sso
    } else if has("credential_process") {
        ProfileKind::Process
    } else if has("login_session") {
        ProfileKind::Login
    } else if has("aws_access_key_id") {
        ProfileKind::Static
    } else {
        ProfileKind::Other
    }
}

/// First and last four characters of a key id: enough to know it by, not enough to use.
fn key_hint(id: &str) -> String {
    let head: String = id.chars().take(4).collect();
    let tail: String = id.chars().skip(id.chars().count().saturating_sub(4).max(4)).collect();
    format!("key {head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
[default]
region = eu-west-1

[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = us-east-1

[profile prod-oncall]
sso_session = acme
sso_account_id = 482109375516
sso_role_name = oncall-rw
region = us-east-1 # here

[profile prod-readonly]
role_arn = arn:aws:iam::482109375516:role/oncall-ro
source_profile = prod-oncall
s3 =
  max_concurrent_requests = 20

[profile lake]
role_arn = arn:aws:iam::661300824471:role/lake-reader
source_profile = prod-oncall
mfa_serial = arn:aws:iam::1:mfa/me

[profile vault]
credential_process = vault exec

[services local]
kinesis =
  endpoint_url = http://127.0.0.1:1
";
    const CREDENTIALS: &str = "[legacy]\naws_access_key_id = AKIAABCDEFGH7Q2D\naws_secret_access_key = hidden\n";

    fn read(token_end: i64) -> BTreeMap<String, ProfileInfo> {
        let tokens = [("https://acme.awsapps.com/start".to_owned(), Timestamp(token_end))].into();
        let read = profiles(CONFIG, CREDENTIALS, &tokens, Timestamp(1_000));
        read.into_iter().map(|profile| (profile.name.clone(), profile)).collect()
    }

    #[test]
    fn every_kind_of_profile_is_told_apart() {
        let read = read(2_000);
        assert_eq!(read.len(), 6);
        let sso = &read["prod-oncall"];
        assert_eq!((sso.kind, sso.region.as_deref()), (ProfileKind::Sso, Some("us-east-1")));
        assert_eq!(sso.session, SessionState::ValidUntil(Timestamp(2_000)));
        assert_eq!(sso.login_command().as_deref(), Some("aws sso login --profile prod-oncall"));
        let role = &read["prod-readonly"];
        assert_eq!(role.session, SessionState::Needs("prod-oncall".to_owned()));
        assert_eq!((role.acts_as.as_deref(), role.account.as_deref()), (Some("oncall-ro"), Some("482109375516")));
        assert_eq!(read["lake"].session, SessionState::AsksForMfa);
        assert_eq!(read["vault"].kind, ProfileKind::Process);
        assert_eq!(read["default"].kind, ProfileKind::Other);
    }

    #[test]
    fn a_role_is_signed_in_to_by_the_profile_it_builds_on() {
        let circle = "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nrole_arn = x\nsource_profile = a\n";
        let read = sections(&format!("{CONFIG}{circle}"), CREDENTIALS);
        let expected = Some("aws sso login --profile prod-oncall".to_owned());
        assert_eq!(login_command_of(&read, "prod-oncall"), expected);
        assert_eq!(login_command_of(&read, "prod-readonly"), expected);
        for without in ["vault", "legacy", "a", "nobody"] {
            assert_eq!(login_command_of(&read, without), None, "{without}");
        }
    }

    #[test]
    fn an_expired_sign_in_is_seen_and_no_secret_is_kept() {
        let read = read(500);
        assert_eq!(read["prod-oncall"].session, SessionState::ExpiredAt(Timestamp(500)));
        let shown = format!("{:?}", read["legacy"]);
        assert!(shown.contains("key AKIA…7Q2D") && !shown.contains("hidden") && !shown.contains("ABCDEFGH"), "{shown}");
    }
}
