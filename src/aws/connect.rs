//! A connection: the clients for one profile, Region and endpoint, with their timeouts and the call meter.

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kinesis::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::error::{self, Call};
use super::meter::{CallMeter, Counting};
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::{ConnectRequest, ConnectionInfo, Environment};

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
    cloudwatch: aws_sdk_cloudwatch::Client,
    sts: aws_sdk_sts::Client,
    info: ConnectionInfo,
    meter: CallMeter,
    patience: Patience,
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

    pub(super) fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        &self.0.cloudwatch
    }

    pub(super) fn sts(&self) -> &aws_sdk_sts::Client {
        &self.0.sts
    }

    /// For calls that carry records. The SDK's retries are off: one that reads would spend the read budget that all
    /// polling consumers of a shard share, one that writes could write twice.
    pub(super) fn records_config(&self) -> aws_sdk_kinesis::config::Builder {
        let Patience { connect, records, operation, .. } = self.0.patience;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(connect)
            .operation_attempt_timeout(records)
            .operation_timeout(operation)
            .build();
        aws_sdk_kinesis::config::Config::builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts)
    }

    pub(super) fn meter(&self) -> &CallMeter {
        &self.0.meter
    }

    /// Maps a failure and counts it where it was a throttle.
    pub(super) fn fail<E>(&self, error: &SdkError<E, HttpResponse>, call: Call<'_>) -> Problem
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let problem = error::problem(error, call, &self.0.info);
        if matches!(problem.kind, ProblemKind::Throttled | ProblemKind::Limit) {
            self.0.meter.count_throttled();
        }
        problem
    }
}

/// Builds the clients. Makes no call to AWS by itself; a profile with a role or a session may make some on first use.
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
    if let Some(profile) = &request.profile {
        super::profiles::check_exists(profile)?;
    }
    let config = load(request, patience).await;
    let endpoint_url =
        request.endpoint_url.clone().or_else(kinesis_endpoint).or_else(|| config.endpoint_url().map(str::to_owned));
    if let Some(url) = &endpoint_url {
        check_endpoint(url)?;
    }
    let region = match config.region() {
        Some(region) => region.to_string(),
        None => return Err(no_region(request)),
    };
    let is_loopback = endpoint_url.as_deref().is_some_and(is_loopback);
    let profile = request.profile.clone().or_else(|| {
        let from_env = std::env::var("AWS_PROFILE").ok().filter(|profile| !profile.is_empty());
        from_env.filter(|_| endpoint_url.is_none())
    });
    let info = ConnectionInfo {
        label: label(request, profile.as_deref(), endpoint_url.as_deref()),
        environment: environment(request, profile.as_deref(), is_loopback),
        profile,
        region,
        endpoint_url,
        has_cloudwatch: !request.without_cloudwatch,
    };
    let sts_config = aws_sdk_sts::config::Builder::from(&config).interceptor(Counting(meter.clone())).build();
    let kinesis_config = aws_sdk_kinesis::config::Builder::from(&config).interceptor(Counting(meter.clone())).build();
    let cloudwatch_config =
        aws_sdk_cloudwatch::config::Builder::from(&config).interceptor(Counting(meter.clone())).build();
    Ok(Connection(Arc::new(Inner {
        kinesis: aws_sdk_kinesis::Client::from_conf(kinesis_config),
        cloudwatch: aws_sdk_cloudwatch::Client::from_conf(cloudwatch_config),
        sts: aws_sdk_sts::Client::from_conf(sts_config),
        info,
        meter,
        patience,
    })))
}

async fn load(request: &ConnectRequest, patience: Patience) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.operation)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(2));
    if let Some(profile) = &request.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &request.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &request.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let endpoint =
        request.endpoint_url.clone().or_else(kinesis_endpoint).or_else(|| endpoint_from_env("AWS_ENDPOINT_URL"));
    if endpoint.as_deref().is_some_and(is_loopback) && request.profile.is_none() {
        if std::env::var_os("AWS_ACCESS_KEY_ID").is_none() {
            // Servers on this machine take any credentials; the SDK would search for some on the network.
            let credentials = Credentials::new("test", "test", None, None, "endpoint on this machine");
            loader = loader.credentials_provider(SharedCredentialsProvider::new(credentials));
        }
        if request.region.is_none()
            && std::env::var_os("AWS_REGION").is_none()
            && std::env::var_os("AWS_DEFAULT_REGION").is_none()
        {
            loader = loader.region(Region::from_static("us-east-1"));
        }
    }
    loader.load().await
}

/// The endpoint that the environment names for Kinesis alone; it goes before the one for all services.
fn kinesis_endpoint() -> Option<String> {
    endpoint_from_env("AWS_ENDPOINT_URL_KINESIS")
}

fn endpoint_from_env(variable: &str) -> Option<String> {
    let is_ignored =
        std::env::var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    std::env::var(variable).ok().filter(|url| !url.is_empty() && !is_ignored)
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

fn no_region(request: &ConnectRequest) -> Problem {
    let of = request.profile.as_ref().map_or("the environment".to_owned(), |profile| format!("profile {profile}"));
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
