//! What is written down of a run while it sends, so that after a crash it can be said what is in the stream, what is not,
//! and what is not known. Numbers of records only: no payload and no key of a record is kept.

mod numbers;

pub use numbers::Numbers;

use super::batch::load::Spared;
use super::batch::{BatchFormat, FileStamp, KeyRule, Pace};
use super::format;
use super::generator::GeneratorSpec;
use super::hash_range::HashKey;
use super::ids::StreamName;
use super::time::Timestamp;

/// A file of records, and how it is sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileRun {
    /// Its whole path.
    pub path: String,
    /// How it is cut.
    pub format: BatchFormat,
    /// The keys.
    pub key: KeyRule,
    /// Decides the shard of every record instead of its key.
    pub explicit_hash_key: Option<String>,
    /// The file as it was; another one is not sent.
    pub stamp: FileStamp,
    /// Lines that cannot be sent are left out.
    pub skips_invalid: bool,
    /// One in flight per key.
    pub keeps_order: bool,
    /// How fast.
    pub pace: Pace,
    /// Where each record has its time, where the pace goes by it.
    #[serde(default)]
    pub time: Option<String>,
    /// Shards that are not filled.
    #[serde(default)]
    pub spared: Option<Spared>,
    /// Records are numbered from 0 on, lines without anything left out; otherwise by their line or element from 1.
    pub is_numbered_by_record: bool,
}

impl FileRun {
    /// The explicit hash key, where there is one.
    pub fn hash_key(&self) -> Option<HashKey> {
        self.explicit_hash_key.as_deref().and_then(|text| HashKey::parse(text).ok())
    }
}

/// What is known of a run from its beginning on.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RunHead {
    /// The stream.
    pub stream: StreamName,
    /// Label of the connection, `prod-oncall`.
    pub connection: String,
    /// Tag of the environment, `PROD`; empty where none is known.
    pub environment: String,
    /// Who sent; empty where that is not known.
    pub who: String,
    /// When it began.
    pub started: Timestamp,
    /// What is sent, `replay.ndjson`.
    pub title: String,
    /// How many records, where that is known.
    pub of: Option<u64>,
    /// The equivalent AWS CLI line.
    pub cli: String,
    /// The file, where the records come from one.
    pub file: Option<FileRun>,
    /// The plan, its template among it, where the records are made by one. Without either, the rest cannot be sent.
    #[serde(default)]
    pub load: Option<GeneratorSpec>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It leaves: from here on it may be in the stream.
    Out,
    /// It was refused, and may be sent again.
    Back,
    /// The stream has it.
    Sent,
    /// It was refused for good.
    Failed,
    /// There was no answer for it.
    Lost,
}

impl Fate {
    const ALL: [Self; 5] = [Self::Out, Self::Back, Self::Sent, Self::Failed, Self::Lost];

    fn word(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Back => "back",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }
}

/// What is known of every record of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    out: Numbers,
    sent: Numbers,
    failed: Numbers,
    lost: Numbers,
    next: u64,
    /// A person was told of it already.
    pub is_told: bool,
}

impl Account {
    /// Notes what became of records.
    pub fn note(&mut self, fate: Fate, numbers: &Numbers) {
        match fate {
            Fate::Out => {
                self.out.extend(numbers);
                self.failed.subtract(numbers);
                let last = numbers.ranges().last().map_or(0, |range| range.end().saturating_add(1));
                self.next = self.next.max(last);
            }
            Fate::Back => self.out.subtract(numbers),
            Fate::Sent => {
                self.out.subtract(numbers);
                self.sent.extend(numbers);
            }
            Fate::Failed => {
                self.out.subtract(numbers);
                self.failed.extend(numbers);
            }
            Fate::Lost => {
                self.out.subtract(numbers);
                self.lost.extend(numbers);
            }
        }
    }

    /// Reads the lines behind the head. A line that was cut off, or that means nothing, says nothing.
    pub fn read(lines: &str) -> Self {
        let mut account = Self::default();
        for line in lines.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            if line == TOLD {
                account.is_told = true;
            }
            let Some((word, rest)) = line.split_once(' ') else { continue };
            let fate = Fate::ALL.into_iter().find(|fate| fate.word() == word);
            if let (Some(fate), Some(numbers)) = (fate, Numbers::parse(rest)) {
                account.note(fate, &numbers);
            }
        }
        account
    }

    /// How many records the stream has.
    pub fn sent(&self) -> u64 {
        self.sent.len()
    }

    /// The records that the stream has.
    pub fn in_stream(&self) -> &Numbers {
        &self.sent
    }

    /// The records that were refused for good and not sent since.
    pub fn refused(&self) -> Numbers {
        let mut refused = self.failed.clone();
        refused.subtract(&self.sent);
        refused
    }

    /// The number behind the last record that left.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The records before the last that left which are not in the stream, nor may be.
    pub fn gaps(&self) -> Numbers {
        let mut gaps = Numbers::default();
        if let Some(last) = self.next.checked_sub(1) {
            gaps.insert(0..=last);
        }
        gaps.subtract(&self.settled());
        gaps
    }

    /// What may be in the stream: it left, and no answer is known.
    pub fn unknown(&self) -> Numbers {
        let mut unknown = self.out.clone();
        unknown.extend(&self.lost);
        unknown.subtract(&self.sent);
        unknown
    }

    /// What must not be sent again: it is in the stream, or may be.
    pub fn settled(&self) -> Numbers {
        let mut settled = self.unknown();
        settled.extend(&self.sent);
        settled
    }
}

/// A line of the account.
pub fn line(fate: Fate, numbers: &Numbers) -> String {
    format!("{} {numbers}\n", fate.word())
}

/// The line that says that a person was told.
pub const TOLD: &str = "told";

/// A run that has no end although nothing sends for it any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinished {
    /// Tells it from others.
    pub id: String,
    /// What it is.
    pub head: RunHead,
    /// How far it came.
    pub account: Account,
}

impl Unfinished {
    /// How many records were not sent, where that is known.
    pub fn unsent(&self) -> Option<u64> {
        Some(self.head.of?.saturating_sub(self.account.sent() + self.account.unknown().len()))
    }

    /// `18,500 sent, 500 unknown, 29,205 not sent`.
    pub fn counts(&self) -> String {
        let number = |count: u64| format::grouped(count as i64);
        let unknown = self.account.unknown();
        let mut words = format!("{} sent, {} unknown", number(self.account.sent()), number(unknown.len()));
        match self.unsent() {
            Some(unsent) => words.push_str(&format!(", {} not sent", number(unsent))),
            None => words.push_str(", what came behind was not sent"),
        }
        words
    }

    /// One sentence about it.
    pub fn sentence(&self) -> String {
        let Self { head, .. } = self;
        format!(
            "The run of {} to {}, begun on {} at {} UTC, was cut off: {}.",
            head.title,
            head.stream,
            head.started.date(),
            head.started.hms(),
            self.counts()
        )
    }

    /// Whether there is a rest that can be sent.
    pub fn has_rest(&self) -> bool {
        (self.head.file.is_some() || self.head.load.is_some()) && self.unsent() != Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Numbers {
        Numbers::parse(text).expect("numbers")
    }

    #[test]
    fn what_left_without_an_answer_is_unknown_and_what_came_back_is_not() {
        let account =
            Account::read("out 1-500\nsent 1-498\nback 499\nfailed 500\nout 501-900\nout 499\nlost 501-510\nsent 9");
        assert_eq!((account.sent(), account.unknown()), (498, numbers("499,501-900")));
        let again = Account::read("out 1-3\nfailed 3\nsent 1-2\nout 3\nsent 3\ntold\n");
        assert_eq!((again.sent(), again.unknown().len(), again.is_told), (3, 0, true));
    }

    #[test]
    fn lines_are_read_as_they_are_written() {
        let mut written = Account::default();
        let mut text = String::new();
        for (fate, set) in [(Fate::Out, "0-9"), (Fate::Sent, "0-3,5"), (Fate::Back, "4"), (Fate::Lost, "6-7")] {
            written.note(fate, &numbers(set));
            text.push_str(&line(fate, &numbers(set)));
        }
        assert_eq!(Account::read(&text), written);
        assert_eq!((written.settled(), written.unknown()), (numbers("0-3,5-9"), numbers("6-9")));
    }

    #[test]
    fn what_is_made_anew_begins_behind_the_last_that_left_and_fills_the_gaps() {
        let account = Account::read("out 0-9\nsent 0-3,6\nback 4\nfailed 5\nlost 7\n");
        assert_eq!((account.next(), account.gaps()), (10, numbers("4-5")));
        assert_eq!((account.refused(), account.unknown()), (numbers("5"), numbers("7-9")));
        assert_eq!((Account::default().next(), Account::default().gaps().len()), (0, 0));
    }

    #[test]
    fn words_say_what_is_known() {
        let head = RunHead {
            stream: "orders".into(),
            connection: "demo".to_owned(),
            environment: "DEMO".to_owned(),
            who: String::new(),
            started: Timestamp::from_secs(1_789_483_028),
            title: "replay.ndjson".to_owned(),
            of: Some(48_205),
            cli: String::new(),
            file: None,
            load: None,
        };
        let account = Account::read("out 1-19000\nsent 1-18500\n");
        let mut run = Unfinished { id: "1".to_owned(), head, account };
        assert_eq!(run.counts(), "18,500 sent, 500 unknown, 29,205 not sent");
        assert!(run.sentence().starts_with("The run of replay.ndjson to orders, begun on 15 Sep 2026 at 14:37:08 UTC"));
        run.head.of = None;
        assert!(run.counts().ends_with("what came behind was not sent") && !run.has_rest());
    }
}
