//! Standard output, buffered, and the one line on standard error.

use std::io::{BufWriter, StdoutLock, Write};

/// Large enough that a busy stream needs few writes.
const BUFFER_BYTES: usize = 256 * 1_024;

/// Standard output, buffered. What is written has to be flushed.
pub(super) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(BUFFER_BYTES, std::io::stdout().lock())
}

/// One line on standard error. Where that is closed too, nobody is left to be told.
pub(super) fn error_line(line: &str) {
    let _ = writeln!(std::io::stderr(), "kinescope: {line}");
}
