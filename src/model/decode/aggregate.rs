//! A look into a KPL aggregate that copies nothing, for counting a million records a second: keys, hash keys and sizes.
//!
//! Accepts what [`super::kpl`] takes apart: the same mark, the same checksum, the same rules for keys. Written for the wire
//! format of protocol buffers (protobuf.dev, *Encoding*) and `messages.proto` of amazon-kinesis-producer.

use md5::{Digest, Md5};

/// What an aggregate begins with.
pub(super) const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
/// The MD5 at its end.
pub(super) const CHECKSUM_BYTES: usize = 16;

/// One user record, borrowed from its aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserView<'a> {
    /// Its own key.
    pub partition_key: &'a str,
    /// The hash key that the producer chose instead of the key's MD5, in decimal digits.
    pub explicit_hash_key: Option<&'a str>,
    /// Length of its own data.
    pub data_bytes: usize,
}

/// Tables of one aggregate; kept by the caller so that the next aggregate needs no new memory.
#[derive(Debug, Default)]
pub struct Scratch {
    keys: Vec<(usize, usize)>,
    hash_keys: Vec<(usize, usize)>,
    users: Vec<User>,
}

#[derive(Debug)]
struct User {
    key: u64,
    hash_key: Option<u64>,
    data_bytes: usize,
}

/// Whether the data begins like an aggregate.
#[inline]
pub fn looks_like_aggregate(data: &[u8]) -> bool {
    data.starts_with(&MAGIC)
}

/// Shows each user record in order and says how many there were; `None` where the data is no valid aggregate, and then
/// nothing was shown.
pub fn visit_users<'a>(data: &'a [u8], scratch: &mut Scratch, mut visit: impl FnMut(UserView<'a>)) -> Option<usize> {
    let rest = data.strip_prefix(&MAGIC)?;
    let (body, checksum) = rest.len().checked_sub(CHECKSUM_BYTES).filter(|at| *at > 0).map(|at| rest.split_at(at))?;
    if Md5::digest(body)[..] != *checksum {
        return None;
    }
    scratch.read(body)?;
    let (keys, hash_keys) = (scratch.keys.len() as u64, scratch.hash_keys.len() as u64);
    let is_sound = |user: &User| user.key < keys && user.hash_key.is_none_or(|at| at < hash_keys);
    // Everything is checked before anything is shown.
    if scratch.users.is_empty() || !scratch.users.iter().all(is_sound) {
        return None;
    }
    let text = |table: &[(usize, usize)], at: u64| {
        let (from, to) = *table.get(usize::try_from(at).ok()?)?;
        std::str::from_utf8(body.get(from..to)?).ok()
    };
    for user in &scratch.users {
        if let Some(partition_key) = text(&scratch.keys, user.key) {
            let explicit_hash_key = user.hash_key.and_then(|at| text(&scratch.hash_keys, at));
            visit(UserView { partition_key, explicit_hash_key, data_bytes: user.data_bytes });
        }
    }
    Some(scratch.users.len())
}

impl Scratch {
    /// `AggregatedRecord`: keys (1), explicit hash keys (2), records (3).
    fn read(&mut self, body: &[u8]) -> Option<()> {
        self.keys.clear();
        self.hash_keys.clear();
        self.users.clear();
        let mut reader = Reader { bytes: body, at: 0 };
        while let Some(field) = reader.next_field()? {
            match field {
                Field { number: number @ (1 | 2), value: Value::Bytes(from, to) } => {
                    std::str::from_utf8(body.get(from..to)?).ok()?;
                    let table = if number == 1 { &mut self.keys } else { &mut self.hash_keys };
                    table.push((from, to));
                }
                Field { number: 3, value: Value::Bytes(from, to) } => {
                    let user = User::read(Reader { bytes: body.get(..to)?, at: from })?;
                    self.users.push(user);
                }
                Field { number: 1..=3, .. } => return None,
                _ => {}
            }
        }
        Some(())
    }
}

impl User {
    /// `Record`: index of its key (1), index of its explicit hash key (2), data (3), tags that nobody uses (4).
    fn read(mut reader: Reader<'_>) -> Option<Self> {
        let (mut key, mut hash_key, mut data_bytes) = (0, None, 0);
        while let Some(field) = reader.next_field()? {
            match field {
                Field { number: 1, value: Value::Number(index) } => key = index,
                Field { number: 2, value: Value::Number(index) } => hash_key = Some(index),
                Field { number: 3, value: Value::Bytes(from, to) } => data_bytes = to - from,
                Field { number: 1..=3, .. } => return None,
                _ => {}
            }
        }
        Some(Self { key, hash_key, data_bytes })
    }
}

struct Field {
    number: u64,
    value: Value,
}

enum Value {
    Number(u64),
    Bytes(usize, usize),
    Other,
}

/// Reads fields of one message; places are counted from the start of the outermost.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// `Some(None)` at the end, `None` where the bytes are no message.
    #[inline]
    fn next_field(&mut self) -> Option<Option<Field>> {
        if self.at == self.bytes.len() {
            return Some(None);
        }
        let mark = self.varint()?;
        let value = match mark & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.skip(8)?,
            2 => {
                let from = {
                    let length = usize::try_from(self.varint()?).ok()?;
                    let from = self.at;
                    self.skip(length)?;
                    from
                };
                Value::Bytes(from, self.at)
            }
            5 => self.skip(4)?,
            _ => return None,
        };
        Some(Some(Field { number: mark >> 3, value }))
    }

    #[inline]
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    #[inline]
    fn skip(&mut self, bytes: usize) -> Option<Value> {
        self.at = self.at.checked_add(bytes).filter(|at| *at <= self.bytes.len())?;
        Some(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::decode::kpl;

    fn seen(data: &[u8]) -> Option<Vec<(String, usize)>> {
        let mut seen = Vec::new();
        visit_users(data, &mut Scratch::default(), |user| seen.push((user.partition_key.to_owned(), user.data_bytes)))
            .map(|_| seen)
    }

    proptest! {
        #[test]
        fn it_sees_what_the_decoder_takes_apart(
            keys in prop::collection::vec("[a-zäé한]{1,8}", 1..5),
            users in prop::collection::vec((0u64..6, prop::collection::vec(any::<u8>(), 0..200)), 0..20),
        ) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let users: Vec<(u64, &[u8])> = users.iter().map(|(key, data)| (*key, data.as_slice())).collect();
            let data = kpl::aggregate(&keys, &users);
            let decoded = kpl::split(&data, usize::MAX).ok().flatten().map(|users| {
                users.iter().map(|user| (user.partition_key.to_string(), user.data.len())).collect::<Vec<_>>()
            });
            prop_assert_eq!(seen(&data), decoded);
        }

        #[test]
        fn damaged_bytes_are_no_aggregate_and_no_crash(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            // With a right checksum, so that the message itself is read.
            let checksum = Md5::digest(&bytes);
            let data = [&MAGIC[..], &bytes, &checksum[..]].concat();
            let decoded = kpl::split(&data, usize::MAX).ok().flatten().is_some();
            // The decoder refuses more, such as group marks; what it takes, this takes too.
            prop_assert!(!decoded || seen(&data).is_some());
        }
    }

    #[test]
    fn a_wrong_checksum_is_no_aggregate() {
        let mut data = kpl::aggregate(&["a"], &[(0, b"one"), (0, b"three")]);
        assert_eq!(seen(&data), Some(vec![("a".to_owned(), 3), ("a".to_owned(), 5)]));
        if let Some(byte) = data.last_mut() {
            *byte ^= 1;
        }
        assert_eq!(seen(&data), None);
        assert_eq!(seen(b"plain"), None);
    }
}
