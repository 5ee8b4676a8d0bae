//! A connection: the clients for one profile, Region and endpoint, with their timeouts and the call meter.

use std::sync::Arc;
use std::time::Duration;

use aws_config::credential_process::CredentialProcessProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kinesis::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;
use tokio::sync::OnceCell;

use super::error::{self, Call};
use super::meter::{CallMeter, Counting};
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::{ConnectRequest, ConnectionInfo, Environment, Identity, ProfileInfo, ProfileKind};

/// How long a call may take; the SDK has no such limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For the connection itself.
    pub connect: Duration,
    /// For the answer to one attempt.
    pub attempt: Duration,
    /// For one attempt that carries records: 10 MiB take longer than any other answer.
    pub records: Duration,
    /// For all attempts of one call together.
    pub operation: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            attempt: Duration::from_secs(10),
            records: Duration::from_secs(25),
            operation: Duration::from_secs(30),
        }
    }
}

/// Clients for one profile, Region and endpoint. A clone is a reference.
#[derive(Clone, Debug)]
pub struct Connection(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kinesis: aws_sdk_kinesis::Client,
    /// Never tries again by itself, and has the time that 10 MiB take: for reads that pace themselves, and for writes.
    kinesis_once: aws_sdk_kinesis::Client,
    /// Neither retries nor ends a call that goes on for minutes.
    kinesis_push: aws_sdk_kinesis::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    sts: aws_sdk_sts::Client,
    info: ConnectionInfo,
    identity: OnceCell<Identity>,
    meter: CallMeter,
}

impl Connection {
    /// What it is connected to.
    pub fn info(&self) -> &ConnectionInfo {
        &self.0.info
    }

    /// Whether it is an endpoint of this machine, where nothing costs money.
    pub(super) fn is_on_this_machine(&self) -> bool {
        self.0.info.endpoint_url.as_deref().is_some_and(is_loopback)
    }

    pub(super) fn kinesis(&self) -> &aws_sdk_kinesis::Client {
        &self.0.kinesis
    }

    /// The client without retries: a hidden retry would spend the read budget of a shard, or write twice.
    pub(super) fn kinesis_once(&self) -> &aws_sdk_kinesis::Client {
        &self.0.kinesis_once
    }

    /// The client for `SubscribeToShard`, which answers for five minutes.
    pub(super) fn kinesis_push(&self) -> &aws_sdk_kinesis::Client {
        &self.0.kinesis_push
    }

    pub(super) fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        &self.0.cloudwatch
    }

    pub(super) fn sts(&self) -> &aws_sdk_sts::Client {
        &self.0.sts
    }

    /// Who the credentials belong to, once that was answered.
    pub(super) fn identity_cell(&self) -> &OnceCell<Identity> {
        &self.0.identity
    }

    pub(super) fn meter(&self) -> &CallMeter {
        &self.0.meter
    }

    /// Maps a failure.
    pub(super) fn fail<E, R>(&self, error: &SdkError<E, R>, call: Call<'_>) -> Problem
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: error::RawAnswer,
    {
        error::problem(error, call, &self.0.info)
    }
}

/// Builds the clients. Makes no call to AWS by itself; a profile with a role or a session may make some on first use.
///
/// The endpoint is the one asked for, else what `AWS_ENDPOINT_URL_KINESIS`, `AWS_ENDPOINT_URL` or the profile say. One that
/// was asked for, and one on this machine, serve all three services: figures of AWS beside a stream of this machine
/// would be those of another stream.
///
/// # Errors
/// `Configuration`: the profile is not there, no Region is known, or the endpoint is not a URL.
pub async fn connect(request: &ConnectRequest, meter: CallMeter) -> Result<Connection, Problem> {
    connect_with(request, meter, Patience::default()).await
}

/// As [`connect`], with other limits of time.
///
/// # Errors
/// As [`connect`].
pub async fn connect_with(
    request: &ConnectRequest,
    meter: CallMeter,
    patience: Patience,
) -> Result<Connection, Problem> {
    if let Some(url) = &request.endpoint_url {
        check_endpoint(url)?;
    }
    let asks_for_this_machine = request.endpoint_url.as_deref().is_some_and(is_loopback);
    let named = || variable("AWS_PROFILE").or_else(|| variable("AWS_DEFAULT_PROFILE"));
    let profile = request.profile.clone().or_else(|| if asks_for_this_machine { None } else { named() });
    let of_profile = match profile.as_deref().map(super::profiles::find) {
        // The variable may name a profile that nobody needs: the SDK takes the keys of the environment first.
        Some(Err(_)) if request.profile.is_none() && variable("AWS_ACCESS_KEY_ID").is_some() => None,
        found => found.transpose()?,
    };
    let config = load(request, profile.as_deref(), of_profile.as_ref(), patience).await;
    let endpoint_url = request.endpoint_url.clone().or_else(|| configured_endpoint(&config));
    if let Some(url) = &endpoint_url {
        check_endpoint(url)?;
    }
    let is_loopback = endpoint_url.as_deref().is_some_and(is_loopback);
    let region = match config.region() {
        Some(region) => region.to_string(),
        None if is_loopback => LOCAL_REGION.to_owned(),
        None => return Err(no_region(profile.as_deref())),
    };
    let info = ConnectionInfo {
        label: label(request, profile.as_deref(), endpoint_url.as_deref()),
        environment: environment(request, profile.as_deref(), is_loopback),
        profile,
        region,
        has_cloudwatch: !request.without_cloudwatch,
        endpoint_url,
    };
    let takes_any_credentials = is_loopback && has_no_credentials(of_profile.as_ref());
    let config = for_all_services(config, &info, request.endpoint_url.is_some() || is_loopback, takes_any_credentials);
    Ok(Connection(Arc::new(clients(&config, info, meter, patience))))
}

/// Region of servers on this machine when nothing names one.
const LOCAL_REGION: &str = "us-east-1";

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn ignores_configured_endpoints() -> bool {
    variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Servers on this machine take any credentials; the SDK would search the network for some when there are none at hand.
fn has_no_credentials(profile: Option<&ProfileInfo>) -> bool {
    match profile {
        Some(profile) => profile.kind == ProfileKind::Other,
        None => variable("AWS_ACCESS_KEY_ID").is_none(),
    }
}

/// Settings of one endpoint for Kinesis, CloudWatch and STS.
fn for_all_services(config: SdkConfig, info: &ConnectionInfo, one_endpoint: bool, any_credentials: bool) -> SdkConfig {
    let mut builder = config.into_builder().region(Region::new(info.region.clone()));
    if one_endpoint {
        builder.set_endpoint_url(info.endpoint_url.clone());
        builder.insert_origin("endpoint_url", aws_types::origin::Origin::shared_config());
    }
    if any_credentials {
        let credentials = Credentials::new("test", "test", None, None, "endpoint on this machine");
        builder.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
    }
    builder.build()
}

fn clients(config: &SdkConfig, info: ConnectionInfo, meter: CallMeter, patience: Patience) -> Inner {
    let counting = || Counting(meter.clone());
    let sts = aws_sdk_sts::config::Builder::from(config).interceptor(counting()).build();
    let kinesis = aws_sdk_kinesis::config::Builder::from(config).interceptor(counting());
    let cloudwatch = aws_sdk_cloudwatch::config::Builder::from(config).interceptor(counting()).build();
    let for_records = TimeoutConfig::builder().operation_attempt_timeout(patience.records).build();
    let once = kinesis.clone().retry_config(RetryConfig::disabled()).timeout_config(for_records);
    let mut only_to_connect = TimeoutConfig::builder().disable_operation_timeout().disable_operation_attempt_timeout();
    only_to_connect.set_connect_timeout(Some(patience.connect));
    let push = once.clone().timeout_config(only_to_connect.build());
    Inner {
        kinesis: aws_sdk_kinesis::Client::from_conf(kinesis.build()),
        kinesis_once: aws_sdk_kinesis::Client::from_conf(once.build()),
        kinesis_push: aws_sdk_kinesis::Client::from_conf(push.build()),
        cloudwatch: aws_sdk_cloudwatch::Client::from_conf(cloudwatch),
        sts: aws_sdk_sts::Client::from_conf(sts),
        info,
        identity: OnceCell::new(),
        meter,
    }
}

/// The endpoint that the environment or the profile name for Kinesis, by the SDK's own order.
fn configured_endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("Kinesis").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_kinesis = key.ok().and_then(|key| config.service_config().and_then(|service| service.load_config(key)));
    of_kinesis.or_else(|| config.endpoint_url().map(str::to_owned)).filter(|url| !url.is_empty())
}

async fn load(
    request: &ConnectRequest,
    profile: Option<&str>,
    of_profile: Option<&ProfileInfo>,
    patience: Patience,
) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.operation)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(2));
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    if let (Some(profile), Some(kind)) = (&request.profile, of_profile.map(|profile| profile.kind)) {
        // The SDK's default chain would prefer the keys of the environment to the profile that was asked for.
        if kind != ProfileKind::Other {
            let region = request.region.clone().or_else(|| of_profile.and_then(|profile| profile.region.clone()));
            let provider = ProviderConfig::without_region().with_region(region.map(Region::new));
            let credentials = ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile);
            loader = match kind {
                ProfileKind::Login => loader.credentials_provider(of_aws_login(profile)),
                _ => loader.credentials_provider(credentials.build()),
            };
        }
    }
    if let Some(url) = &request.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let named = request.region.clone().or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
    let named = named.or_else(|| of_profile.and_then(|profile| profile.region.clone()));
    let endpoint = (request.endpoint_url.clone())
        .or_else(|| variable("AWS_ENDPOINT_URL_KINESIS"))
        .or_else(|| variable("AWS_ENDPOINT_URL"))
        .or_else(|| of_profile.and_then(|profile| profile.endpoint_url.clone()))
        .filter(|_| request.endpoint_url.is_some() || !ignores_configured_endpoints());
    let on_this_machine = || endpoint.as_deref().is_some_and(is_loopback).then(|| LOCAL_REGION.to_owned());
    // Without a name the SDK looks into the default profile, then asks the network.
    if let Some(region) = named.or_else(on_this_machine) {
        loader = loader.region(Region::new(region));
    }
    loader.load().await
}

/// The sign-in of `aws login` is kept and renewed by the AWS CLI that made it, and it hands credentials out; reading its
/// cache here would take a second generation of cryptography crates.
fn of_aws_login(profile: &str) -> CredentialProcessProvider {
    let profile = crate::model::activity::shell_quote(profile);
    CredentialProcessProvider::new(format!("aws configure export-credentials --profile {profile} --format process"))
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

/// Whether an endpoint lies on this machine.
fn is_loopback(url: &str) -> bool {
    let authority = host_of(url);
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => authority.split(':').next().unwrap_or(authority),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn check_endpoint(url: &str) -> Result<(), Problem> {
    let is_url = url
        .split_once("://")
        .is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && !host_of(rest).is_empty());
    if is_url {
        return Ok(());
    }
    let sentence = format!("{url:?} is not an endpoint URL. Write it with its scheme, like http://127.0.0.1:4566.");
    Err(Problem::new(ProblemKind::Configuration, sentence))
}

fn no_region(profile: Option<&str>) -> Problem {
    let of = profile.map_or("the default profile".to_owned(), |profile| format!("profile {profile}"));
    let mut problem = Problem::new(
        ProblemKind::Configuration,
        format!(
            "No Region is known: neither --region nor AWS_REGION nor {of} names one. Choose a Region, such as us-east-1."
        ),
    );
    problem.remedy = Some("--region us-east-1".to_owned());
    problem
}

fn label(request: &ConnectRequest, profile: Option<&str>, endpoint: Option<&str>) -> String {
    match (request.demo, profile, endpoint) {
        (true, _, _) => "demo".to_owned(),
        (_, Some(profile), _) => profile.to_owned(),
        (_, None, Some(endpoint)) => host_of(endpoint).to_owned(),
        (_, None, None) => "default".to_owned(),
    }
}

fn environment(request: &ConnectRequest, profile: Option<&str>, is_loopback: bool) -> Environment {
    match profile {
        _ if request.demo => Environment::Demo,
        _ if is_loopback => Environment::Local,
        Some(profile) => Environment::guess(profile),
        None => Environment::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_this_machine_are_told_from_others() {
        assert!(is_loopback("http://127.0.0.1:4566"));
        assert!(is_loopback("http://[::1]:80/x"));
        assert!(is_loopback("https://LOCALHOST"));
        assert!(!is_loopback("https://localhost.example.org"));
        assert!(!is_loopback("https://vpce-1.kinesis.us-east-1.vpce.amazonaws.com"));
    }

    #[test]
    fn what_is_no_url_is_refused_with_an_example() {
        assert!(check_endpoint("http://127.0.0.1:1").is_ok());
        for wrong in ["127.0.0.1:4566", "ftp://x", "http://", ""] {
            assert!(check_endpoint(wrong).is_err_and(|problem| problem.sentence.contains("http://")), "{wrong}");
        }
    }
}
