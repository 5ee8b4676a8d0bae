//! The same answers in a terminal: `streams`, `diagnose`, `tail`, `put`, and `demo-server`. Shares all code with the window but the views.
//!
//! Output goes to standard output, buffered; an error is one line on standard error that says what to do, with exit code 1
//! (2 for wrong usage). A pipe that is closed ends the program quietly.

mod args;
mod demo_server;
mod diagnose;
mod keep;
mod out;
mod put;
mod streams;
mod tail;

use std::process::ExitCode;

pub use args::{Args, Command};
use clap::Parser;
use tokio::runtime::Runtime;

use crate::aws::meter::CallMeter;
use crate::model::answer::Problem;
use crate::model::connection::ConnectRequest;
use crate::tasks::clock::Clock;
use crate::tasks::session::{self, Session};

/// Exit code for arguments that cannot be used.
const WRONG_USAGE: u8 = 2;
/// Exit code for a program that was interrupted, as shells count it.
const INTERRUPTED: u8 = 130;

/// How a command ends other than well.
#[derive(Debug)]
pub(crate) enum End {
    /// Something went wrong; the sentence says what to do.
    Failed(String),
    /// What was asked for cannot be read.
    WrongUsage(String),
    /// Whoever read the output has gone.
    PipeClosed,
    /// The person interrupted it.
    Interrupted,
}

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        let mut sentence = problem.sentence;
        // A statement of several lines would not stay on one.
        if let Some(remedy) =
            problem.remedy.filter(|remedy| !remedy.contains('\n') && !sentence.contains(remedy.as_str()))
        {
            sentence.push(' ');
            sentence.push_str(&remedy);
        }
        Self::Failed(sentence)
    }
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::PipeClosed,
            _ => Self::Failed(format!("Standard output cannot be written: {error}.")),
        }
    }
}

/// Reads the arguments. Otherwise the exit code to end with: 2 and one line for wrong usage, 0 for `--help` and `--version`.
///
/// # Errors
/// The exit code.
pub fn parse() -> Result<Args, ExitCode> {
    Args::try_parse().map_err(|error| {
        if !error.use_stderr() {
            // Help is for a person; where it cannot be written there is nothing left to say.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        let text = error.to_string();
        let said = text.split("\n\nUsage:").next().unwrap_or(&text).split("\n\nFor more").next().unwrap_or(&text);
        let line: Vec<&str> = said.trim_start_matches("error:").split_whitespace().collect();
        out::error_line(&format!("{}. Run kinescope --help for what can be said.", line.join(" ")));
        ExitCode::from(WRONG_USAGE)
    })
}

/// Carries out a command and returns the exit code.
pub fn run(runtime: &Runtime, connect: &ConnectRequest, command: Command) -> ExitCode {
    let outcome = runtime.block_on(async {
        match command {
            Command::Streams(options) => streams::run(&open(connect).await?, &options).await,
            Command::Diagnose(options) => diagnose::run(&open(connect).await?, &options).await,
            Command::Tail(options) => tail::run(&open(connect).await?, *options).await,
            Command::Put(options) => put::run(connect, options).await,
            Command::DemoServer(options) => demo_server::run(&options).await,
        }
    });
    match outcome {
        Ok(()) | Err(End::PipeClosed) => ExitCode::SUCCESS,
        Err(End::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(End::Failed(sentence)) => say(&sentence, ExitCode::FAILURE),
        Err(End::WrongUsage(sentence)) => say(&sentence, ExitCode::from(WRONG_USAGE)),
    }
}

/// One line on standard error.
fn say(sentence: &str, code: ExitCode) -> ExitCode {
    out::error_line(&sentence.split_whitespace().collect::<Vec<_>>().join(" "));
    code
}

async fn open(connect: &ConnectRequest) -> Result<Session, End> {
    Ok(session::open(connect.clone(), CallMeter::default(), &Clock::system()).await?)
}

/// Ends when the person or the system asks the program to end. Listens from the moment it is called.
fn interrupted() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        async move {
            match signals {
                [Ok(mut interrupt), Ok(mut terminate)] => {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                }
                // Without handlers the signals end the program by themselves.
                _ => std::future::pending().await,
            }
        }
    }
    #[cfg(not(unix))]
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Sends what the program says of itself to standard error, where `KINESCOPE_LOG` or `RUST_LOG` asks for it. Other crates
/// are held to `info`: below that they would write out requests, and with them records and credentials.
pub fn start_logging() {
    use tracing_subscriber::filter::{EnvFilter, LevelFilter, filter_fn};
    use tracing_subscriber::prelude::*;

    let asked = ["KINESCOPE_LOG", "RUST_LOG"].into_iter().find_map(|name| std::env::var(name).ok());
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return };
    let harmless = filter_fn(|meta| meta.target().starts_with("kinescope") || *meta.level() <= LevelFilter::INFO);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(harmless);
    // A second logger cannot be set; the first one stays.
    let _ = tracing_subscriber::registry().with(EnvFilter::new(asked)).with(layer).try_init();
}
