//! What is wrong before anything is sent. The environment belongs to the whole process, so the program itself is run.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

const CONFIG: &str = "\
[default]
region = eu-west-1

[sso-session acme]
sso_start_url = https://acme.example.com/start
sso_region = us-east-1

[profile prod-oncall]
sso_session = acme
sso_account_id = 482109375516
sso_role_name = oncall
region = us-east-1

[profile prod-reader]
role_arn = arn:aws:iam::482109375516:role/reader
source_profile = prod-oncall
region = us-east-1

[profile nowhere]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = hidden-secret

[profile keyed]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = hidden-secret
region = us-east-1

[profile chatty-process]
credential_process = echo hidden-secret
region = us-east-1

[profile broken-process]
credential_process = sh -c 'exit 3'
region = us-east-1
";

/// Runs the program on configuration files of its own; answers what it said and whether it ended well.
fn run(arguments: &[&str]) -> (String, bool) {
    let folder = TempDir::new().expect("folder");
    let config = folder.path().join("config");
    fs::write(&config, CONFIG).expect("writes");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinescope"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("AWS_") || name.starts_with("KINESCOPE_")) {
            command.env_remove(name);
        }
    }
    let output = command
        .args(arguments)
        .env("HOME", folder.path())
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("credentials"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .expect("runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    assert!(!said.contains("hidden-secret") && !said.contains("panicked"), "{said}");
    (said, output.status.success())
}

#[track_caller]
fn fails_saying(arguments: &[&str], words: &[&str]) {
    let (said, ended_well) = run(arguments);
    assert!(!ended_well, "it ended well: {said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
}

#[test]
fn a_profile_that_is_not_there() {
    fails_saying(&["streams", "--profile", "nope"], &["nope", "default", "prod-oncall", "aws configure sso"]);
}

#[test]
fn a_profile_without_a_region() {
    fails_saying(&["streams", "--profile", "nowhere"], &["Region", "profile nowhere", "--region us-east-1"]);
}

#[test]
fn an_endpoint_that_is_no_url() {
    fails_saying(&["streams", "--endpoint-url", "127.0.0.1:4566"], &["127.0.0.1:4566", "http://"]);
}

#[test]
fn a_profile_that_nobody_is_signed_in_for() {
    let command = "aws sso login --profile prod-oncall";
    fails_saying(&["streams", "--profile", "prod-oncall"], &["prod-oncall", "Sign in", command]);
    // A role takes its sign-in from the profile it builds on.
    fails_saying(&["streams", "--profile", "prod-reader"], &["prod-reader", "Sign in", command]);
}

#[test]
fn a_process_that_gives_no_credentials() {
    fails_saying(&["streams", "--profile", "broken-process"], &["broken-process", "credentials", "status: 3"]);
    fails_saying(&["streams", "--profile", "chatty-process"], &["chatty-process", "credentials"]);
}

#[test]
fn no_credentials_at_all() {
    fails_saying(&["streams", "--region", "us-east-1"], &["No credentials", "AWS_ACCESS_KEY_ID"]);
}

#[test]
fn a_host_that_does_not_exist() {
    let endpoint = "http://kinesis.invalid:4566";
    fails_saying(&["streams", "--profile", "keyed", "--endpoint-url", endpoint], &[endpoint, "does not answer"]);
}
