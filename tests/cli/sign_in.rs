//! Profiles of `aws login`: the AWS CLI keeps their sign-in and hands credentials out. A script stands in for it here.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Bench, finish};

/// A folder with a configuration and an `aws` that does what the script says.
fn home(script: &str) -> TempDir {
    let folder = TempDir::new().expect("folder");
    let config = "[profile on call]\nlogin_session = arn:aws:iam::000000000000:user/anna\nregion = us-east-1\n";
    fs::write(folder.path().join("config"), config).expect("writes");
    let aws = folder.path().join("aws");
    fs::write(&aws, format!("#!/bin/sh\n{script}\n")).expect("writes");
    fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).expect("may run");
    folder
}

fn at(bench: &Bench, home: &Path) -> Command {
    let mut command = bench.command(&["streams", "--profile", "on call"]);
    let path = format!("{}:{}", home.display(), std::env::var("PATH").unwrap_or_default());
    command.env("AWS_CONFIG_FILE", home.join("config")).env("PATH", path);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_of_aws_login_gets_its_credentials_from_the_aws_cli() {
    let bench = Bench::start().await;
    bench.stream("orders", 1).await;
    let home = home(
        r#"test "$*" = "configure export-credentials --profile on call --format process" || exit 9
echo '{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"hidden-secret","SessionToken":"hidden-token"}'"#,
    );
    let listed = finish(at(&bench, home.path()));
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stdout.contains("orders"), "{}", listed.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_over_says_how_to_sign_in() {
    let bench = Bench::start().await;
    let home = home("echo 'Your session has expired. Please reauthenticate using aws login.' >&2; exit 255");
    let refused = finish(at(&bench, home.path()));
    refused.is_failure_that_says("aws login --profile 'on call'");
    assert!(refused.stderr.contains("expired. Sign in again"), "{}", refused.stderr);
}
