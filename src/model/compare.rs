//! Two records held against each other: what is known of them, and their decoded JSON value by value, by path.

use std::collections::{HashMap, VecDeque};

use super::decode::Step;
use super::format;
use super::json_tree::{JsonKind, JsonNode, JsonTree, JsonTreeError};
use super::record::Record;
use super::time::Millis;

/// Most values of a record that are compared.
const MAX_NODES: usize = 20_000;
/// Values that lie deeper are not compared.
const MAX_DEPTH: u32 = 64;

/// How a value came to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only in the second.
    Added,
    /// Only in the first.
    Removed,
    /// In both, but not the same.
    Changed,
}

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: a path as jq writes it, or the name of a fact.
    pub path: String,
    /// In the first; strings in their quotes.
    pub left: Option<String>,
    /// In the second.
    pub right: Option<String>,
}

impl Difference {
    /// How it came to differ.
    pub fn change(&self) -> Change {
        match (&self.left, &self.right) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => Change::Changed,
        }
    }
}

/// What two records differ in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Of what is known of them beside their contents.
    pub facts: Vec<Difference>,
    /// Of their contents, in the order of the first; what only the second has comes behind.
    pub contents: Vec<Difference>,
    /// Values that are the same in both.
    pub same: usize,
    /// What was not compared, and why.
    pub note: Option<String>,
}

impl Comparison {
    /// The second record against the first.
    pub fn of(first: &Record, second: &Record) -> Self {
        let mut comparison = Self { facts: facts(first, second), ..Self::default() };
        match (first.decoded.json(), second.decoded.json()) {
            (Some(left), Some(right)) => match (values(&left), values(&right)) {
                (Ok(left), Ok(right)) => comparison.hold(left, right),
                (Err(error), _) | (_, Err(error)) => {
                    comparison.note = Some(format!("{error} The texts are compared as a whole."));
                    comparison.as_a_whole(first, second);
                }
            },
            _ => comparison.as_a_whole(first, second),
        }
        comparison
    }

    fn as_a_whole(&mut self, first: &Record, second: &Record) {
        if first.data == second.data {
            self.same = 1;
            return;
        }
        let whole = |record: &Record| match &record.decoded.text {
            Some(text) => text.to_string(),
            None => record.data.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        let path = "contents".to_owned();
        self.contents.push(Difference { path, left: Some(whole(first)), right: Some(whole(second)) });
    }

    /// A key that comes twice is held against the same occurrence of it.
    fn hold(&mut self, left: Values, right: Values) {
        if left.is_cut || right.is_cut {
            self.note = Some(format!("Values deeper than {MAX_DEPTH} levels are not compared."));
        }
        let mut rest: HashMap<&str, VecDeque<&str>> = HashMap::new();
        for (path, value) in &right.values {
            rest.entry(path).or_default().push_back(value);
        }
        for (path, value) in &left.values {
            let other = rest.get_mut(path.as_str()).and_then(VecDeque::pop_front);
            if other == Some(value) {
                self.same += 1;
                continue;
            }
            let right = other.map(str::to_owned);
            self.contents.push(Difference { path: path.clone(), left: Some(value.clone()), right });
        }
        // What is left over of a path are its last occurrences.
        let mut added = Vec::new();
        for (path, value) in right.values.iter().rev() {
            if rest.get_mut(path.as_str()).is_some_and(|others| others.pop_back().is_some()) {
                added.push(Difference { path: path.clone(), left: None, right: Some(value.clone()) });
            }
        }
        self.contents.extend(added.into_iter().rev());
    }

    /// As text for the clipboard: each path, what was, what is.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for difference in self.facts.iter().chain(&self.contents) {
            text.push_str(&format!("  {}\n", difference.path));
            for (mark, value) in [('-', &difference.left), ('+', &difference.right)] {
                if let Some(value) = value {
                    text.push_str(&format!("{mark} {value}\n"));
                }
            }
        }
        text
    }
}

fn facts(first: &Record, second: &Record) -> Vec<Difference> {
    let steps = |record: &Record| record.decoded.steps.iter().copied().map(Step::label).collect::<Vec<_>>().join(" › ");
    let arrival = |record: &Record| record.approximate_arrival.map(|at| at.to_rfc3339());
    let later = first.approximate_arrival.zip(second.approximate_arrival).map(|(first, second)| second - first);
    let later = match later {
        Some(Millis(millis)) if millis > 0 => format!("  ({} later)", format::duration(Millis(millis))),
        Some(Millis(millis)) if millis < 0 => format!("  ({} earlier)", format::duration(Millis(-millis))),
        _ => String::new(),
    };
    let fact =
        |name: &str, left: Option<String>, right: Option<String>| Difference { path: name.to_owned(), left, right };
    let key = |record: &Record| Some(record.partition_key.as_str().to_owned());
    let sequence = |record: &Record| Some(record.sequence_number.as_str().to_owned());
    let place = |record: &Record| record.sub_sequence.map(|(place, of)| format!("{place} of {of}"));
    let bytes = |record: &Record| Some(format!("{} B", format::grouped(record.size_bytes() as i64)));
    let shard = |record: &Record| Some(record.shard_id.as_str().to_owned());
    let mut facts = vec![
        fact("Partition key", key(first), key(second)),
        fact("Shard", shard(first), shard(second)),
        fact("Sequence", sequence(first), sequence(second)),
        fact("Sub-sequence", place(first), place(second)),
        fact("Arrival, UTC", arrival(first), arrival(second)),
        fact("Size", bytes(first), bytes(second)),
        fact("Decoded as", Some(steps(first)), Some(steps(second))),
    ];
    facts.retain(|fact| fact.left != fact.right);
    for fact in facts.iter_mut().filter(|fact| fact.path.starts_with("Arrival")) {
        fact.right = fact.right.take().map(|at| at + &later);
    }
    facts
}

/// The values of a text that hold nothing else, by path, in document order.
struct Values {
    values: Vec<(String, String)>,
    is_cut: bool,
}

fn values(text: &str) -> Result<Values, JsonTreeError> {
    let tree = JsonTree::parse(text, MAX_NODES)?;
    let mut found = Values { values: Vec::with_capacity(tree.len()), is_cut: false };
    for (at, node) in tree.nodes().iter().enumerate() {
        if node.depth > MAX_DEPTH {
            found.is_cut = true;
        } else if let Some(value) = value_words(node) {
            found.values.push((tree.path(at), value));
        }
    }
    Ok(found)
}

/// A value as it is written; `None` for a container that holds others.
fn value_words(node: &JsonNode) -> Option<String> {
    match node.kind {
        JsonKind::Object { len: 0 } => Some("{}".to_owned()),
        JsonKind::Array { len: 0 } => Some("[]".to_owned()),
        JsonKind::Object { .. } | JsonKind::Array { .. } => None,
        JsonKind::String => Some(serde_json::Value::from(node.text.as_str()).to_string()),
        JsonKind::Number | JsonKind::Literal => Some(node.text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::decode::{DecodeLimits, decode};
    use crate::model::ids::ShardId;
    use crate::model::record::RawRecord;
    use crate::model::time::Timestamp;

    fn record(key: &str, millis: i64, data: &str) -> Record {
        let raw = RawRecord {
            sequence_number: "1".into(),
            partition_key: key.into(),
            approximate_arrival: Some(Timestamp(millis)),
            data: data.as_bytes().to_vec(),
        };
        decode(raw, &ShardId::from("shardId-000000000007"), &DecodeLimits::default()).remove(0)
    }

    fn told(comparison: &Comparison) -> Vec<(String, Change)> {
        comparison.contents.iter().map(|one| (one.path.clone(), one.change())).collect()
    }

    #[test]
    fn values_are_added_removed_and_changed_by_their_path() {
        let first = record("a", 1_000, r#"{"n":1.50,"same":[1,{}],"gone":{"x":null},"twice":1,"twice":2}"#);
        let second = record("b", 3_500, r#"{"same":[1,{}],"n":1.5,"twice":1,"new":"é\n","twice":3,"twice":4}"#);
        let comparison = Comparison::of(&first, &second);
        let expected = [
            (".n", Change::Changed),
            (".gone.x", Change::Removed),
            (".twice", Change::Changed),
            (".new", Change::Added),
            (".twice", Change::Added),
        ];
        assert_eq!(told(&comparison), expected.map(|(path, change)| (path.to_owned(), change)));
        assert_eq!(comparison.same, 3);
        let facts: Vec<&str> = comparison.facts.iter().map(|fact| fact.path.as_str()).collect();
        assert_eq!(facts, ["Partition key", "Arrival, UTC", "Size"]);
        assert!(comparison.facts[1].right.as_ref().is_some_and(|at| at.ends_with("(2.5 s later)")));
        let text = comparison.to_text();
        assert!(text.contains("  .n\n- 1.50\n+ 1.5\n") && text.contains("  .new\n+ \"é\\n\"\n"), "{text}");
    }

    #[test]
    fn what_is_no_json_or_too_much_is_held_as_a_whole() {
        let comparison = Comparison::of(&record("a", 1, "plain"), &record("a", 1, "other"));
        assert_eq!(told(&comparison), [("contents".to_owned(), Change::Changed)]);
        assert_eq!(Comparison::of(&record("a", 1, "plain"), &record("a", 1, "plain")).contents, []);
        let long = format!("[{}0]", "0,".repeat(30_000));
        let comparison = Comparison::of(&record("a", 1, &long), &record("a", 1, "[1]"));
        assert!(comparison.note.is_some_and(|note| note.contains("as a whole")));
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let comparison = Comparison::of(&record("a", 1, &deep), &record("a", 1, "[1]"));
        assert!(comparison.note.is_some_and(|note| note.contains("deeper")));
    }

    proptest! {
        #[test]
        fn a_record_does_not_differ_from_itself_and_both_ways_find_the_same(
            left in proptest::collection::vec((0u8..6, 0u8..4), 0..12),
            right in proptest::collection::vec((0u8..6, 0u8..4), 0..12),
        ) {
            let object = |members: &[(u8, u8)]| {
                let members: Vec<String> = members.iter().map(|(key, value)| format!("\"k{key}\":{value}")).collect();
                record("a", 1, &format!("{{{}}}", members.join(",")))
            };
            let (left, right) = (object(&left), object(&right));
            prop_assert!(Comparison::of(&left, &left).contents.is_empty());
            let (there, back) = (Comparison::of(&left, &right), Comparison::of(&right, &left));
            prop_assert_eq!(there.same, back.same);
            prop_assert_eq!(there.contents.len(), back.contents.len());
            let count = |of: &Comparison, change| of.contents.iter().filter(|one| one.change() == change).count();
            prop_assert_eq!(count(&there, Change::Added), count(&back, Change::Removed));
        }
    }
}
