//! A key that lands on a chosen shard.

use super::hash_range::{HashKey, HashKeyRange};

/// Keys that are tried: enough for a shard of a stream of some thousand, and done at once.
const TRIES: u32 = 20_000;

/// What lands on a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Solution {
    /// A partition key whose MD5 does.
    Key(String),
    /// The range is so small that no key was found: an explicit hash key in its middle.
    HashKey(HashKey),
}

/// Finds what lands on `range`: `stem` with the smallest number behind it, or an explicit hash key.
pub fn solve(range: HashKeyRange, stem: &str) -> Solution {
    let stem = if stem.is_empty() { "key" } else { stem };
    let keys = std::iter::once(stem.to_owned()).chain((1..TRIES).map(|number| format!("{stem}-{number}")));
    let middle = HashKey(range.start.0 + (range.end.0 - range.start.0) / 2);
    let found = keys.into_iter().find(|key| range.contains(HashKey::of_partition_key(key)));
    found.map_or(Solution::HashKey(middle), Solution::Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_lands_where_it_should() {
        for range in HashKeyRange::uniform(24) {
            let Solution::Key(key) = solve(range, "tenant") else { panic!("{range} has keys") };
            assert!(range.contains(HashKey::of_partition_key(&key)) && key.starts_with("tenant"), "{key}");
        }
        let tiny = HashKeyRange { start: HashKey(10), end: HashKey(20) };
        assert_eq!(solve(tiny, "k"), Solution::HashKey(HashKey(15)));
    }
}
