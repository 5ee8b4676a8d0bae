//! Writes what became of records to a new file, whole or not at all.

use std::io::Write;

use super::feed::{self, SharedResults};
use crate::model::format::counted;
use crate::model::results::{Results, ResultsWish, Status, head, line, number_lines};
use crate::model::unfinished::Unfinished;
use crate::tasks::export::whole_file;

/// The results of a run, for as long as somebody wants to write them.
#[derive(Clone, Debug)]
pub struct RunResults(pub(super) SharedResults);

impl RunResults {
    /// Writes them; gives a sentence that says what is in the file.
    ///
    /// # Errors
    /// Why there is no file.
    pub fn save(&self, wish: &ResultsWish) -> Result<String, String> {
        save(&feed::lock(&self.0), wish)
    }
}

/// Writes results; gives a sentence that says what is in the file.
///
/// # Errors
/// Why there is no file.
pub fn save(results: &Results, wish: &ResultsWish) -> Result<String, String> {
    let lines = results.sorted(wish.only_unsent).map(|row| line(wish.format, &row));
    let mut words = write(wish, lines)?;
    let beyond = results.beyond(wish.only_unsent);
    if beyond > 0 {
        let beyond = counted(beyond as usize, "record");
        words.push_str(&format!(" {beyond} that came later are counted, but not listed."));
    }
    Ok(words)
}

/// Writes what is known of a run that was cut off: the numbers of its records, and what became of each. What is not in
/// the file was not sent.
///
/// # Errors
/// Why there is no file.
pub fn save_cut_off(run: &Unfinished, wish: &ResultsWish) -> Result<String, String> {
    let account = &run.account;
    let (failed, unknown) = (account.refused(), account.unknown());
    let sent = Some((account.in_stream(), Status::Sent)).filter(|_| !wish.only_unsent);
    let known = sent.into_iter().chain([(&failed, Status::Failed), (&unknown, Status::Unknown)]);
    write(wish, known.flat_map(|(numbers, status)| number_lines(wish.format, numbers, status)))
}

fn write(wish: &ResultsWish, lines: impl Iterator<Item = String>) -> Result<String, String> {
    let mut count = 0;
    whole_file(&wish.path, |mut out| {
        out.write_all(head(wish.format).as_bytes())?;
        for line in lines {
            count += 1;
            out.write_all(line.as_bytes())?;
        }
        Ok(out)
    })
    .map_err(|error| format!("{} cannot be written: {error}.", wish.path))?;
    Ok(format!("{} in {}.", counted(count, "result"), wish.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::export::LineFormat;
    use crate::model::results::ResultsOf;
    use crate::model::unfinished::{Account, RunHead};

    fn wish(path: &std::path::Path, format: LineFormat, only_unsent: bool) -> ResultsWish {
        ResultsWish { of: ResultsOf::Batch, path: path.to_string_lossy().into_owned(), format, only_unsent }
    }

    #[test]
    fn a_file_that_is_there_is_never_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results.csv");
        let mut results = Results::new();
        results.skipped(2, None, None, "not JSON");
        let wish = wish(&path, LineFormat::Csv, false);
        assert!(save(&results, &wish).is_ok_and(|words| words.starts_with("1 result in ")));
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(text.ends_with("2,,,,,0,skipped,not JSON\r\n"), "{text}");
        assert!(save(&results, &wish).is_err_and(|why| why.contains("there already")));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn of_a_run_that_was_cut_off_it_is_written_what_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cut.ndjson");
        let head = RunHead {
            stream: "s".into(),
            connection: String::new(),
            environment: String::new(),
            who: String::new(),
            started: crate::model::time::Timestamp(0),
            title: "a".to_owned(),
            of: Some(9),
            cli: String::new(),
            file: None,
            load: None,
        };
        let account = Account::read("out 1-6\nsent 1-3\nfailed 4\n");
        let run = Unfinished { id: "1".to_owned(), head, account };
        save_cut_off(&run, &wish(&path, LineFormat::Ndjson, true)).expect("writes");
        let text = std::fs::read_to_string(&path).expect("a file");
        let lines = ["{\"record\":4,\"status\":\"failed\"}", "{\"record\":5,\"status\":\"unknown\"}"];
        assert!(text.starts_with(&lines.join("\n")) && text.lines().count() == 3, "{text}");
    }
}
