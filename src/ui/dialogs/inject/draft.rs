//! What is typed into the dialog, and the records it stands for. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::format;
use crate::model::hash_range::HashKey;
use crate::model::ids::PartitionKey;
use crate::model::template::{Roll, Template, TemplateError};
use crate::model::time::Timestamp;
use crate::model::wrap::Wrap;
use crate::model::writes::PutEntry;

/// Most records that are sent at once from here; the generator sends more.
pub const REPEAT_MAX: u64 = 1_000;
/// Most bytes that are sent at once from here, as each of them is held.
const REPEAT_MAX_BYTES: usize = 64 * 1_048_576;
/// Bytes that are no text are typed as hexadecimal digits up to so many; more go as they are.
const HEX_MAX_BYTES: usize = 16 * 1_024;

/// How the data is typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Typed {
    /// UTF-8.
    #[default]
    Text,
    /// Hexadecimal digits, white space apart.
    Hex,
    /// Base64, white space apart.
    Base64,
}

impl Typed {
    /// All, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Text, Self::Hex, Self::Base64];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Hex => "Hex",
            Self::Base64 => "Base64",
        }
    }
}

/// A record as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// As typed.
    pub partition_key: String,
    /// As typed; empty is none.
    pub explicit: String,
    /// The data as it is typed.
    pub data: String,
    /// How it is typed.
    pub typed: Typed,
    /// Placeholders in the text mean something. A record that was read goes as it is, whatever is in it.
    pub is_template: bool,
    /// Data that is no text and goes as it is, until it is replaced.
    pub binary: Option<Vec<u8>>,
    /// What is done to it on its way.
    pub wrap: Wrap,
    /// How many records are sent, as typed.
    pub repeat: String,
    /// What a shard refuses for its rate is sent again.
    pub is_retried: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            partition_key: String::new(),
            explicit: String::new(),
            data: String::new(),
            typed: Typed::Text,
            is_template: false,
            binary: None,
            wrap: Wrap::Plain,
            repeat: "1".to_owned(),
            is_retried: true,
        }
    }
}

impl Draft {
    /// The draft of a record.
    pub fn from_entry(entry: &PutEntry) -> Self {
        let (data, typed, binary) = match std::str::from_utf8(&entry.data) {
            Ok(text) => (text.to_owned(), Typed::Text, None),
            Err(_) if entry.data.len() <= HEX_MAX_BYTES => (hex(&entry.data), Typed::Hex, None),
            Err(_) => (String::new(), Typed::Text, Some(entry.data.clone())),
        };
        Self {
            partition_key: entry.partition_key.to_string(),
            explicit: entry.explicit_hash_key.map_or_else(String::new, |key| key.to_string()),
            data,
            typed,
            binary,
            ..Self::default()
        }
    }

    /// Whether placeholders are filled in.
    pub fn fills_in(&self) -> bool {
        self.is_template && self.typed == Typed::Text && self.binary.is_none()
    }

    /// What is wrong with the explicit hash key.
    pub fn explicit_problem(&self) -> Option<String> {
        self.explicit_hash_key().err()
    }

    fn explicit_hash_key(&self) -> Result<Option<HashKey>, String> {
        match self.explicit.trim() {
            "" => Ok(None),
            text => HashKey::parse(text).map(Some),
        }
    }

    /// Where the record lands; `None` while there is no key, or a wrong one.
    pub fn hash_key(&self) -> Option<HashKey> {
        match self.explicit_hash_key() {
            Ok(Some(key)) => Some(key),
            Ok(None) if !self.partition_key.is_empty() => Some(HashKey::of_partition_key(&self.partition_key)),
            _ => None,
        }
    }

    /// Takes the same bytes in another form; those that are no text stay as they are.
    pub fn retype(&mut self, typed: Typed) {
        if let Ok(bytes) = self.bytes() {
            let data = match typed {
                Typed::Text => String::from_utf8(bytes).ok(),
                Typed::Hex => Some(hex(&bytes)),
                Typed::Base64 => Some(STANDARD.encode(bytes)),
            };
            if let Some(data) = data {
                (self.data, self.typed) = (data, typed);
            }
        } else {
            self.typed = typed;
        }
    }

    /// The bytes that are typed, placeholders as they stand.
    ///
    /// # Errors
    /// What is no digit, and where.
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        if let Some(binary) = &self.binary {
            return Ok(binary.clone());
        }
        match self.typed {
            Typed::Text => Ok(self.data.clone().into_bytes()),
            Typed::Hex => from_hex(&self.data),
            Typed::Base64 => {
                let digits: String = self.data.chars().filter(|c| !c.is_whitespace()).collect();
                STANDARD.decode(digits).map_err(|error| format!("Not base64: {error}."))
            }
        }
    }

    /// How many records.
    ///
    /// # Errors
    /// One sentence.
    pub fn repeats(&self) -> Result<u64, String> {
        let count = self.repeat.trim().replace(',', "").parse().unwrap_or_default();
        if (1..=REPEAT_MAX).contains(&count) { Ok(count) } else { Err("Repeat: give 1 to 1,000 records.".to_owned()) }
    }

    /// The data of one record: the `number`-th with this seed, made now.
    ///
    /// # Errors
    /// What is wrong with the data, by line and column.
    pub fn data_of(&self, seed: u64, number: u64, now: Timestamp) -> Result<Vec<u8>, String> {
        if !self.fills_in() {
            return self.bytes();
        }
        let template = self.template().map_err(|error| format!("Template, {error}."))?;
        let roll = Roll { seed, number, now, partition_key: &self.partition_key, rank: 1 };
        Ok(template.render(&roll).into_bytes())
    }

    fn template(&self) -> Result<Template, TemplateError> {
        Template::parse(&self.data)
    }

    /// The records, where they can be sent.
    ///
    /// # Errors
    /// One sentence that names the field and what is wrong with it.
    pub fn entries(&self, max_bytes: usize, seed: u64, now: Timestamp) -> Result<Vec<PutEntry>, String> {
        let explicit_hash_key = self.explicit_hash_key()?;
        let partition_key = PartitionKey::from(self.partition_key.as_str());
        let key_only = PutEntry { partition_key, explicit_hash_key, data: Vec::new() };
        key_only.check(max_bytes)?;
        let count = self.repeats()?;
        let first = self.data_of(seed, 0, now)?;
        if first.is_empty() {
            return Err("There is no data yet.".to_owned());
        }
        let most = (REPEAT_MAX_BYTES / (first.len() + self.partition_key.len()).max(1)).max(1) as u64;
        if count > most {
            let most = format::grouped(most as i64);
            return Err(format!(
                "Repeat: at most {most} records of this size at once; a file or the generator sends more."
            ));
        }
        let mut entries = vec![PutEntry { data: first, ..key_only.clone() }];
        for number in 1..count {
            entries.push(PutEntry { data: self.data_of(seed, number, now)?, ..key_only.clone() });
        }
        let entries = self.wrap.wrap(entries, max_bytes);
        entries.iter().try_for_each(|entry| entry.check(max_bytes))?;
        Ok(entries)
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut high: Option<u8> = None;
    for (at, character) in text.char_indices().filter(|(_, character)| !character.is_whitespace()) {
        let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let wrong =
            || format!("Not hexadecimal, {}.", TemplateError::at(text, at, format!("{character:?} is no digit")));
        let digit = digit.ok_or_else(wrong)?;
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push(high << 4 | digit),
        }
    }
    if high.is_some() { Err("Not hexadecimal: the last byte has one digit.".to_owned()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_789_483_028_114);

    fn entries(draft: &Draft) -> Result<Vec<PutEntry>, String> {
        draft.entries(1_048_576, 1, NOW)
    }

    #[test]
    fn a_draft_becomes_the_record_it_was_made_from() {
        for data in
            [b"{\"a\":1}".to_vec(), vec![0xff, 0x00, 0x8b], vec![0xff; 20_000], b"{{not a placeholder}}".to_vec()]
        {
            let entry =
                PutEntry { partition_key: PartitionKey::from("tenant-9"), explicit_hash_key: Some(HashKey(7)), data };
            assert_eq!(entries(&Draft::from_entry(&entry)), Ok(vec![entry]));
        }
    }

    #[test]
    fn an_explicit_hash_key_goes_before_the_md5() {
        let mut draft = Draft { partition_key: "test".to_owned(), data: "x".to_owned(), ..Draft::default() };
        assert_eq!(draft.hash_key(), Some(HashKey::of_partition_key("test")));
        draft.explicit = "0xff".to_owned();
        assert_eq!(draft.hash_key(), Some(HashKey(255)));
        draft.explicit = "many".to_owned();
        assert_eq!(draft.hash_key(), None);
        assert!(entries(&draft).is_err());
    }

    #[test]
    fn records_beyond_the_limit_are_refused_with_their_size() {
        let draft = Draft { partition_key: "k".to_owned(), data: "x".repeat(1_048_576), ..Draft::default() };
        assert!(entries(&draft).is_err_and(|reason| reason.contains("1,048,577")));
    }

    #[test]
    fn bytes_are_typed_in_three_ways_and_faults_have_a_place() {
        let mut draft = Draft { partition_key: "k".to_owned(), data: "héllo".to_owned(), ..Draft::default() };
        let bytes = draft.bytes();
        for typed in [Typed::Hex, Typed::Base64, Typed::Text] {
            draft.retype(typed);
            assert_eq!((draft.typed, draft.bytes()), (typed, bytes.clone()));
        }
        draft = Draft { typed: Typed::Hex, data: "1f 8b\n0x".to_owned(), ..draft };
        assert!(entries(&draft).is_err_and(|why| why.contains("line 2, column 2")));
        draft.data = "1f8".to_owned();
        assert!(entries(&draft).is_err_and(|why| why.contains("one digit")));
        draft = Draft { typed: Typed::Base64, data: "a$".to_owned(), ..draft };
        assert!(entries(&draft).is_err_and(|why| why.starts_with("Not base64")));
        draft = Draft { typed: Typed::Hex, data: "ff".to_owned(), ..draft };
        draft.retype(Typed::Text);
        assert_eq!(draft.typed, Typed::Hex, "what is no text stays as it is");
    }

    #[test]
    fn a_template_is_filled_in_for_every_repeat_and_the_same_again_with_the_same_seed() {
        let mut draft =
            Draft { partition_key: "k".to_owned(), data: "{{counter}} {{uuid}}".to_owned(), ..Draft::default() };
        assert_eq!(entries(&draft).map(|all| all[0].data.clone()), Ok(b"{{counter}} {{uuid}}".to_vec()));
        (draft.is_template, draft.repeat) = (true, "3".to_owned());
        let all = entries(&draft).expect("records");
        assert!(all.len() == 3 && all[2].data.starts_with(b"2 ") && all[0].data != all[1].data);
        assert_eq!(entries(&draft), Ok(all));
        draft.wrap = Wrap::Kpl;
        assert_eq!(entries(&draft).map(|all| all.len()), Ok(1));
        draft.data = "{{what}}".to_owned();
        assert!(entries(&draft).is_err_and(|why| why.contains("line 1, column 3")));
        for wrong in ["0", "1001", "x", ""] {
            draft.repeat = wrong.to_owned();
            assert!(draft.repeats().is_err(), "{wrong}");
        }
    }
}
