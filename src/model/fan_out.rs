//! The enhanced fan-out consumers of this program: how they are called, what they cost, and which were left behind.

use super::connection::ConnectionInfo;
use super::format;
use super::ids::StreamName;
use super::limits::{FAN_OUT_DOLLARS_PER_GB, FAN_OUT_DOLLARS_PER_SHARD_HOUR, FAN_OUT_ON_DEMAND_DOLLARS_PER_GB};
use super::stream::StreamMode;
use super::time::Timestamp;

/// What every name begins with.
const PREFIX: &str = "kinescope";
/// Most characters of a name that tell who registered it. AWS takes 128 in all (API: `RegisterStreamConsumer`).
const WHO_MAX: usize = 40;

/// A consumer that this program registers, as it is noted before the call is made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OwnConsumer {
    /// Its name.
    pub name: String,
    /// The stream.
    pub stream: StreamName,
    /// The stream's ARN; holds Region and account.
    pub stream_arn: String,
    /// The connection on screen, `prod-oncall`.
    pub connection: String,
    /// Profile that it was registered with.
    pub profile: Option<String>,
    /// Region.
    pub region: String,
    /// Endpoint, where it is not AWS's own.
    pub endpoint_url: Option<String>,
    /// When that was noted.
    pub noted: Timestamp,
}

impl OwnConsumer {
    /// Whether it can be reached over this connection: the same endpoint and Region, and the account where that is known.
    pub fn is_of(&self, connection: &ConnectionInfo, account: Option<&str>) -> bool {
        let own_account = self.stream_arn.split(':').nth(4).filter(|account| !account.is_empty());
        self.region == connection.region
            && self.endpoint_url == connection.endpoint_url
            && own_account.zip(account).is_none_or(|(own, of_caller)| own == of_caller)
    }
}

/// A name that tells who registered the consumer and is not taken yet: `kinescope-anna-3f9a01`. `principal` is the part of
/// the caller's ARN behind the account; empty where it is not known.
pub fn own_name(principal: &str, random: u32) -> String {
    let who = principal.rsplit('/').next().unwrap_or_default();
    let who = who.split('@').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' };
    let who: String = who.chars().map(plain).take(WHO_MAX).collect();
    let who = who.trim_matches('-');
    let random = random & 0x00ff_ffff;
    if who.is_empty() { format!("{PREFIX}-{random:06x}") } else { format!("{PREFIX}-{who}-{random:06x}") }
}

/// What reading by fan-out costs, for a person who decides: `24 shards × $0.015 an hour, and $0.013 a GB that is read.`
pub fn price_words(mode: StreamMode, shards: usize) -> String {
    let of_data = |dollars: f64| format!("${dollars} a GB");
    match mode {
        StreamMode::OnDemand => format!("{} that is read.", of_data(FAN_OUT_ON_DEMAND_DOLLARS_PER_GB)),
        _ => format!(
            "{} × ${FAN_OUT_DOLLARS_PER_SHARD_HOUR} an hour, and {} that is read.",
            format::counted(shards, "shard"),
            of_data(FAN_OUT_DOLLARS_PER_GB),
        ),
    }
}

/// One consumer of so many shards, dollars an hour.
pub fn shard_hours_dollars(shards: usize) -> f64 {
    shards as f64 * FAN_OUT_DOLLARS_PER_SHARD_HOUR
}

/// Where the consumer of the running tail stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnPhase {
    /// There is none.
    #[default]
    None,
    /// It is being registered, or is not ACTIVE yet.
    Coming,
    /// It is read as.
    Ready,
}

/// What the window shows of them.
#[derive(Clone, Debug, Default)]
pub struct FanOutView {
    /// The consumer of the running tail; empty where there is none.
    pub name: String,
    /// Where it stands.
    pub phase: OwnPhase,
    /// Consumers that an earlier run of this program did not get to deregister, on any connection.
    pub leftovers: Vec<OwnConsumer>,
    /// Whether they are being deregistered.
    pub is_clearing: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connection::Environment;

    #[test]
    fn a_name_tells_who_and_is_one_that_aws_takes() {
        assert_eq!(own_name("assumed-role/oncall-rw/anna@example.com", 0x3f9a01), "kinescope-anna-3f9a01");
        assert_eq!(own_name("user/Ö k", u32::MAX), "kinescope-k-ffffff");
        assert_eq!(own_name("", 1), "kinescope-000001");
        assert!(own_name(&"x".repeat(500), 7).len() <= 128);
    }

    #[test]
    fn the_price_is_that_of_the_mode() {
        assert_eq!(
            price_words(StreamMode::Provisioned, 24),
            "24 shards × $0.015 an hour, and $0.013 a GB that is read."
        );
        assert_eq!(price_words(StreamMode::OnDemand, 24), "$0.05 a GB that is read.");
    }

    #[test]
    fn a_leftover_is_offered_only_where_it_can_be_reached() {
        let own = OwnConsumer {
            name: "kinescope-1".to_owned(),
            stream: "s".into(),
            stream_arn: "arn:aws:kinesis:us-east-1:111122223333:stream/s".to_owned(),
            connection: "prod".to_owned(),
            profile: None,
            region: "us-east-1".to_owned(),
            endpoint_url: None,
            noted: Timestamp(0),
        };
        let here = ConnectionInfo {
            label: "other".to_owned(),
            profile: Some("other".to_owned()),
            region: "us-east-1".to_owned(),
            endpoint_url: None,
            environment: Environment::Prod,
            has_cloudwatch: true,
        };
        assert!(own.is_of(&here, None) && own.is_of(&here, Some("111122223333")));
        assert!(!own.is_of(&here, Some("999999999999")));
        assert!(!own.is_of(&ConnectionInfo { region: "eu-west-1".to_owned(), ..here.clone() }, None));
        assert!(!own.is_of(&ConnectionInfo { endpoint_url: Some("http://127.0.0.1:1".to_owned()), ..here }, None));
    }
}
