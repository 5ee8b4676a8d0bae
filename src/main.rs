//! The program: arguments, logging, runtime, and then the window or a command of the terminal.

use std::process::ExitCode;

use kinescope::{app, cli};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut args = match cli::parse() {
        Ok(args) => args,
        Err(code) => return code,
    };
    cli::start_logging();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kinescope: background threads cannot be started: {error}. Raise the limit of processes.");
            return ExitCode::FAILURE;
        }
    };
    let code = match args.command.take() {
        Some(command) => cli::run(&runtime, &args.connect_request(), command),
        None => app::launch::run(runtime.handle().clone(), args.window_request()),
    };
    // Calls that are still under way must not hold the program back.
    runtime.shutdown_background();
    code
}
