//! Signs in with the AWS CLI, which keeps the sessions that the SDK reads. It asks the person in a browser.

use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::login_command;

/// Most bytes that are kept of what the AWS CLI says.
const SAID_MAX_BYTES: u64 = 16_384;

/// Runs `aws` with these words until it ends; it is ended when this is dropped. Its output is read and not logged.
///
/// # Errors
/// `Configuration` where the AWS CLI is not there; `Credentials` with its last line where it did not sign in.
pub async fn run(words: Vec<String>) -> Result<(), Problem> {
    run_program("aws", words).await
}

async fn run_program(program: &str, words: Vec<String>) -> Result<(), Problem> {
    let line = login_command(&words);
    let started = Command::new(program)
        .args(&words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = started.map_err(|error| cannot_start(&error, &line))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (said, complained, status) = tokio::join!(read(out), read(err), child.wait());
    let status = status.map_err(|error| cannot_start(&error, &line))?;
    if status.success() {
        return Ok(());
    }
    let last = |text: &str| text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned);
    let why = last(&complained).or_else(|| last(&said)).unwrap_or_else(|| status.to_string());
    let why = crate::model::format::one_line(why.trim_end_matches('.'), 160);
    let mut problem = Problem::new(
        ProblemKind::Credentials,
        format!("The AWS CLI did not sign in: {why}. Run it in a terminal to see all of it."),
    );
    problem.remedy = Some(line);
    Err(problem)
}

fn cannot_start(error: &std::io::Error, line: &str) -> Problem {
    let sentence = match error.kind() {
        std::io::ErrorKind::NotFound => {
            "The AWS CLI (`aws`) is not on the PATH of this program. Install it, or sign in from a terminal that has it."
                .to_owned()
        }
        _ => format!("The AWS CLI could not be run ({error}). Run it in a terminal."),
    };
    let mut problem = Problem::new(ProblemKind::Configuration, sentence);
    problem.remedy = Some(line.to_owned());
    problem
}

/// Reads to the end and keeps the beginning, so that the program never waits for somebody to read.
async fn read(from: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut from) = from else { return String::new() };
    let mut kept = Vec::new();
    // What cannot be read is missing from a message, nothing more.
    let _ = (&mut from).take(SAID_MAX_BYTES).read_to_end(&mut kept).await;
    let _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn words(script: &str) -> Vec<String> {
        vec!["-c".to_owned(), script.to_owned()]
    }

    #[tokio::test]
    async fn the_last_line_of_a_refusal_is_told_and_a_missing_cli_is_named() {
        assert_eq!(run_program("sh", words("echo done")).await, Ok(()));
        let refused =
            run_program("sh", words("echo open a browser; echo 'first' >&2; echo 'No way.' >&2; exit 255")).await;
        let problem = refused.expect_err("it failed");
        assert!(problem.sentence.contains("did not sign in: No way. Run"), "{}", problem.sentence);
        let missing = run_program("a-program-that-is-not-there", Vec::new()).await.expect_err("it is not there");
        assert!(missing.sentence.contains("not on the PATH"), "{}", missing.sentence);
    }

    #[tokio::test]
    async fn a_talkative_program_is_read_to_its_end() {
        assert_eq!(run_program("sh", words("yes | head -c 3000000")).await, Ok(()));
    }
}
