//! Whom the program acts as, and where: what can be connected to, what is connected, how careful to be there.

use super::answer::Answer;
use super::time::{Millis, Timestamp};

/// How careful the program is on a connection, and its colour on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Production: writes ask for typed names.
    Prod,
    /// Staging.
    Staging,
    /// Development.
    Dev,
    /// The embedded default.
    Demo,
    /// An endpoint on this machine.
    Local,
    /// Not known: no colour, and writes as strict as in production.
    Unknown,
}

impl Environment {
    /// The tag on screen; empty where the environment is not known.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Prod => "PROD",
            Self::Staging => "STAGING",
            Self::Dev => "DEV",
            Self::Demo => "DEMO",
            Self::Local => "LOCAL",
            Self::Unknown => "",
        }
    }

    /// Whether unlocking and resharding ask for a typed confirmation.
    pub fn is_strict(self) -> bool {
        matches!(self, Self::Prod | Self::Unknown)
    }

    /// A guess from the name of a profile. The person's own choice goes before it.
    pub fn guess(profile: &str) -> Self {
        let name = profile.to_ascii_lowercase();
        let has = |words: &[&str]| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| words.contains(&part));
        if has(&["prod", "prd", "production", "live", "oncall"]) {
            Self::Prod
        } else if has(&["stag", "stg", "stage", "staging", "preprod", "uat", "qa"]) {
            Self::Staging
        } else if has(&["dev", "develop", "development", "sandbox", "test"]) {
            Self::Dev
        } else {
            Self::Unknown
        }
    }
}

/// How a profile gets its credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    /// IAM Identity Center, by `sso_session` or the older keys.
    Sso,
    /// `role_arn` on top of another profile.
    AssumeRole,
    /// `credential_process`.
    Process,
    /// A long-lived access key.
    Static,
    /// `web_identity_token_file`.
    WebIdentity,
    /// `login_session` of `aws login`.
    Login,
    /// None of these in the files; environment or instance credentials may still serve.
    Other,
}

impl ProfileKind {
    /// The tag on screen.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Sso => "SSO",
            Self::AssumeRole => "ASSUME ROLE",
            Self::Process => "PROCESS",
            Self::Static => "STATIC",
            Self::WebIdentity => "WEB IDENTITY",
            Self::Login => "LOGIN",
            Self::Other => "OTHER",
        }
    }
}

/// How long the session behind a profile is still good, as far as the files on this machine tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Signed in until then.
    ValidUntil(Timestamp),
    /// The session ended then.
    ExpiredAt(Timestamp),
    /// No sign-in was found.
    SignedOut,
    /// Depends on another profile.
    Needs(String),
    /// The profile asks for a code of a device, which this program cannot enter.
    AsksForMfa,
    /// Credentials without an end.
    NoExpiry,
    /// The files do not tell.
    Unknown,
}

/// One profile of the AWS configuration files. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileInfo {
    /// Its name.
    pub name: String,
    /// How it gets credentials.
    pub kind: ProfileKind,
    /// Role, permission set, or the last characters of the key id.
    pub acts_as: Option<String>,
    /// Account id, where the files name one.
    pub account: Option<String>,
    /// `region` of the profile.
    pub region: Option<String>,
    /// `endpoint_url` of the profile.
    pub endpoint_url: Option<String>,
    /// The SSO session it signs in with; one sign-in repairs all that share it.
    pub sso_session: Option<String>,
    /// How long its session is good.
    pub session: SessionState,
}

impl ProfileInfo {
    /// What `aws` is to be told to sign in again, word by word, where signing in is a thing of this kind.
    pub fn login_words(&self) -> Option<Vec<String>> {
        login_words(self.kind, &self.name)
    }

    /// The command that signs in again, where there is one, ready for a shell.
    pub fn login_command(&self) -> Option<String> {
        self.login_words().map(|words| login_command(&words))
    }
}

/// As [`ProfileInfo::login_words`], of a profile by its kind and name.
pub fn login_words(kind: ProfileKind, name: &str) -> Option<Vec<String>> {
    let command: &[&str] = match kind {
        ProfileKind::Sso => &["sso", "login"],
        ProfileKind::Login => &["login"],
        _ => return None,
    };
    Some(command.iter().chain(&["--profile", name]).map(|word| (*word).to_owned()).collect())
}

/// The line for a shell that [`login_words`] make.
pub fn login_command(words: &[String]) -> String {
    let quoted = words.iter().map(|word| super::activity::shell_quote(word));
    std::iter::once("aws".to_owned()).chain(quoted).collect::<Vec<String>>().join(" ")
}

/// A sign-in that this program started: the AWS CLI runs, and a browser asks the person.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The profile it is for.
    pub profile: String,
    /// Whether it runs, went well, or why it did not.
    pub outcome: Answer<()>,
}

/// What to connect to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectRequest {
    /// Profile of the AWS configuration; `None` is the SDK's default chain.
    pub profile: Option<String>,
    /// Region; `None` is what the profile or the environment says.
    pub region: Option<String>,
    /// Another endpoint than AWS's, used for Kinesis, CloudWatch and STS.
    pub endpoint_url: Option<String>,
    /// Whether the endpoint serves CloudWatch; where not, no metrics are asked for.
    pub without_cloudwatch: bool,
    /// Start the embedded default and connect to it.
    pub demo: bool,
}

/// Who the credentials belong to, from `sts:GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Account id of 12 digits.
    pub account: String,
    /// Full ARN of the caller.
    pub arn: String,
}

impl Identity {
    /// The part of the ARN behind the account, `assumed-role/oncall-rw/anna`.
    pub fn principal(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or(&self.arn)
    }

    /// `4821-0937-5516`; other than 12 digits stays as it is.
    pub fn account_grouped(&self) -> String {
        let digits = &self.account;
        match (digits.len(), digits.get(..4), digits.get(4..8), digits.get(8..)) {
            (12, Some(a), Some(b), Some(c)) => format!("{a}-{b}-{c}"),
            _ => digits.clone(),
        }
    }
}

/// A live connection as the window shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The name on screen: profile, `demo`, or host and port of an endpoint.
    pub label: String,
    /// Profile in use.
    pub profile: Option<String>,
    /// Region in use.
    pub region: String,
    /// Endpoint in use, where it is not AWS's own.
    pub endpoint_url: Option<String>,
    /// How careful to be.
    pub environment: Environment,
    /// Whether metrics can be asked for.
    pub has_cloudwatch: bool,
}

/// Whether the program may write, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriteLock {
    /// Nothing can be changed.
    #[default]
    ReadOnly,
    /// Changes are allowed until then.
    UnlockedUntil {
        /// When it locks by itself.
        until: Timestamp,
        /// Why it was unlocked, for the activity log.
        reason: String,
    },
}

impl WriteLock {
    /// Whether writes are allowed at `now`.
    pub fn allows_writes(&self, now: Timestamp) -> bool {
        self.remaining(now).is_some()
    }

    /// Time until it locks by itself; `None` when locked.
    pub fn remaining(&self, now: Timestamp) -> Option<Millis> {
        match self {
            Self::UnlockedUntil { until, .. } if *until > now => Some(*until - now),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_guessed_from_whole_words() {
        assert_eq!(Environment::guess("prod-oncall"), Environment::Prod);
        assert_eq!(Environment::guess("stg-admin"), Environment::Staging);
        assert_eq!(Environment::guess("dev-anna"), Environment::Dev);
        assert_eq!(Environment::guess("product-catalog"), Environment::Unknown);
        assert!(Environment::Unknown.is_strict());
    }

    #[test]
    fn the_lock_ends_by_itself() {
        let lock = WriteLock::UnlockedUntil { until: Timestamp::from_secs(100), reason: String::new() };
        assert!(lock.allows_writes(Timestamp::from_secs(99)));
        assert!(!lock.allows_writes(Timestamp::from_secs(100)));
    }

    #[test]
    fn identity_is_written_as_people_read_it() {
        let identity = Identity {
            account: "482109375516".to_owned(),
            arn: "arn:aws:sts::482109375516:assumed-role/oncall-rw/anna".to_owned(),
        };
        assert_eq!(identity.account_grouped(), "4821-0937-5516");
        assert_eq!(identity.principal(), "assumed-role/oncall-rw/anna");
    }
}
