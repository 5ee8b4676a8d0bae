//! Cuts a file into records piece by piece, however long it is: holds at most one record.

use super::BatchFormat;
use crate::model::limits::PUT_RECORDS_MAX_BYTES;

/// A record as it stands in the file. Of one that no stream could take, only the size is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    /// Its line from 1, or its element of a JSON array.
    pub number: u64,
    /// Its bytes; cut off where it is too large.
    pub bytes: &'a [u8],
    /// Its size.
    pub size: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    /// Behind the bracket or a comma; whether an element must follow.
    Start(bool),
    Inside,
    /// Behind an element.
    Behind,
    After,
}

/// Takes the bytes of a file and gives its records.
#[derive(Debug)]
pub struct Splitter {
    format: BatchFormat,
    held: Vec<u8>,
    size: usize,
    line: u64,
    first_line: u64,
    element: u64,
    place: Place,
    is_quoted: bool,
    is_escaped: bool,
    depth: usize,
}

impl Splitter {
    /// At the beginning of a file.
    pub fn new(format: BatchFormat) -> Self {
        Self {
            format,
            held: Vec::new(),
            size: 0,
            line: 1,
            first_line: 1,
            element: 0,
            place: Place::Before,
            is_quoted: false,
            is_escaped: false,
            depth: 0,
        }
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// What makes the rest unreadable, with its line.
    pub fn feed(&mut self, bytes: &[u8], take: &mut impl FnMut(Raw<'_>)) -> Result<(), String> {
        match self.format {
            BatchFormat::Ndjson | BatchFormat::Lines => {
                let mut from = 0;
                for at in memchr::memchr_iter(b'\n', bytes) {
                    self.hold(bytes.get(from..at).unwrap_or_default());
                    self.end_line(take);
                    from = at + 1;
                }
                self.hold(bytes.get(from..).unwrap_or_default());
                Ok(())
            }
            BatchFormat::Csv => {
                for byte in bytes {
                    match byte {
                        b'"' => self.is_quoted = !self.is_quoted,
                        b'\n' if !self.is_quoted => {
                            self.end_line(take);
                            continue;
                        }
                        b'\n' => self.line += 1,
                        _ => {}
                    }
                    self.hold(std::slice::from_ref(byte));
                }
                Ok(())
            }
            BatchFormat::JsonArray => bytes.iter().try_for_each(|byte| self.array_byte(*byte, take)),
        }
    }

    /// Takes the end of the file.
    ///
    /// # Errors
    /// The file ends where it should not.
    pub fn finish(&mut self, take: &mut impl FnMut(Raw<'_>)) -> Result<(), String> {
        match (self.format, self.place) {
            (BatchFormat::JsonArray, Place::After) => Ok(()),
            (BatchFormat::JsonArray, Place::Before) => Err("The file is empty: no JSON array begins.".to_owned()),
            (BatchFormat::JsonArray, _) => {
                Err(format!("The file is cut off: it ends inside element {} of the array.", self.element.max(1)))
            }
            (BatchFormat::Csv, _) if self.is_quoted => {
                Err(format!("The file is cut off: a quote in line {} is never closed.", self.first_line))
            }
            _ => {
                self.end_line(take);
                Ok(())
            }
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.size += bytes.len();
        if self.size <= PUT_RECORDS_MAX_BYTES {
            self.held.extend_from_slice(bytes);
        }
    }

    fn emit(&mut self, number: u64, take: &mut impl FnMut(Raw<'_>)) {
        if self.held.last() == Some(&b'\r') && self.format != BatchFormat::JsonArray {
            self.held.pop();
            self.size = self.size.saturating_sub(1);
        }
        if number == 1 && self.held.starts_with(b"\xef\xbb\xbf") {
            self.held.drain(..3);
            self.size = self.size.saturating_sub(3);
        }
        if !self.held.trim_ascii().is_empty() {
            take(Raw { number, bytes: &self.held, size: self.size });
        }
        self.held.clear();
        self.size = 0;
    }

    fn end_line(&mut self, take: &mut impl FnMut(Raw<'_>)) {
        self.emit(self.first_line, take);
        self.line += 1;
        self.first_line = self.line;
    }

    fn array_byte(&mut self, byte: u8, take: &mut impl FnMut(Raw<'_>)) -> Result<(), String> {
        self.line += u64::from(byte == b'\n');
        let is_space = byte.is_ascii_whitespace();
        match self.place {
            Place::Before if is_space || matches!(byte, 0xef | 0xbb | 0xbf) => {}
            Place::Before if byte == b'[' => self.place = Place::Start(false),
            Place::Before => return Err("The file is no JSON array: it does not begin with a bracket.".to_owned()),
            Place::Start(_) | Place::Behind | Place::After if is_space => {}
            Place::Start(false) | Place::Behind if byte == b']' => self.place = Place::After,
            Place::Behind if byte == b',' => self.place = Place::Start(true),
            Place::Start(_) if !matches!(byte, b',' | b']' | b'}') => {
                self.place = Place::Inside;
                self.element += 1;
                self.inside(byte);
            }
            Place::Inside if self.depth == 0 && !self.is_quoted && (is_space || matches!(byte, b',' | b']')) => {
                self.emit(self.element, take);
                self.place = Place::Behind;
                return if is_space { Ok(()) } else { self.array_byte(byte, take) };
            }
            Place::Inside => self.inside(byte),
            Place::Start(_) | Place::Behind | Place::After => {
                return Err(format!(
                    "The JSON array cannot be read behind element {}: line {} has something unexpected.",
                    self.element, self.line
                ));
            }
        }
        Ok(())
    }

    fn inside(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.is_quoted => self.is_escaped = true,
            b'"' => self.is_quoted = !self.is_quoted,
            b'{' | b'[' if !self.is_quoted => self.depth += 1,
            b'}' | b']' if !self.is_quoted => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.hold(std::slice::from_ref(&byte));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(format: BatchFormat, text: &[u8], step: usize) -> (Vec<(u64, String)>, Result<(), String>) {
        let mut splitter = Splitter::new(format);
        let mut all = Vec::new();
        let mut take = |raw: Raw<'_>| all.push((raw.number, String::from_utf8_lossy(raw.bytes).into_owned()));
        let mut end = Ok(());
        for piece in text.chunks(step.max(1)) {
            end = end.and_then(|()| splitter.feed(piece, &mut take));
        }
        let end = end.and_then(|()| splitter.finish(&mut take));
        (all, end)
    }

    #[test]
    fn each_format_is_cut_by_its_own_rule() {
        let own = |all: &[(u64, &str)]| all.iter().map(|(n, text)| (*n, (*text).to_owned())).collect::<Vec<_>>();
        let lines = split(BatchFormat::Lines, b"\xef\xbb\xbfa\r\n\n b\nc", 2);
        assert_eq!(lines, (own(&[(1, "a"), (3, " b"), (4, "c")]), Ok(())));
        let csv = split(BatchFormat::Csv, b"k,v\n1,\"a\nb\"\n2,\"\"\"\"\n", 3);
        assert_eq!(csv, (own(&[(1, "k,v"), (2, "1,\"a\nb\""), (4, "2,\"\"\"\"")]), Ok(())));
        let array = split(BatchFormat::JsonArray, br#" [ {"a":"]\",["} , 12,[1,[2]],"x" ] "#, 1);
        assert_eq!(array, (own(&[(1, r#"{"a":"]\",["}"#), (2, "12"), (3, "[1,[2]]"), (4, "\"x\"")]), Ok(())));
    }

    #[test]
    fn what_is_cut_off_says_so() {
        assert!(split(BatchFormat::JsonArray, b"[{\"a\":1", 9).1.is_err_and(|why| why.contains("inside element 1")));
        assert!(split(BatchFormat::JsonArray, b"[1,]", 9).1.is_err());
        assert!(split(BatchFormat::JsonArray, b"[1] 2", 9).1.is_err());
        assert!(split(BatchFormat::JsonArray, b"{}", 9).1.is_err());
        assert!(split(BatchFormat::Csv, b"a\n\"b", 9).1.is_err_and(|why| why.contains("line 2")));
    }

    #[test]
    fn a_line_without_end_does_not_take_all_memory() {
        let mut splitter = Splitter::new(BatchFormat::Lines);
        let mut seen = Vec::new();
        let mut take = |raw: Raw<'_>| seen.push((raw.size, raw.bytes.len()));
        for _ in 0..20 {
            splitter.feed(&vec![b'x'; 1_048_576], &mut take).expect("reads");
        }
        assert!(splitter.held.capacity() <= 4 * PUT_RECORDS_MAX_BYTES);
        splitter.finish(&mut take).expect("ends");
        assert_eq!(seen, [(20 * 1_048_576, PUT_RECORDS_MAX_BYTES)]);
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_records(text in "[a1{}\\[\\],\"\\\\\n :]{0,80}", step in 1usize..9) {
            for format in BatchFormat::ALL {
                prop_assert_eq!(split(format, text.as_bytes(), step), split(format, text.as_bytes(), 1_000));
            }
        }

        #[test]
        fn elements_of_an_array_are_those_that_serde_sees(values in prop::collection::vec("[a-z\"\\\\\\]\\[,{}]{0,8}", 0..9)) {
            let text = serde_json::to_string_pretty(&values).expect("JSON");
            let (all, end) = split(BatchFormat::JsonArray, text.as_bytes(), 5);
            prop_assert_eq!(end, Ok(()));
            let read: Vec<String> = all.iter().map(|(_, text)| serde_json::from_str(text).expect("JSON")).collect();
            prop_assert_eq!(read, values);
        }
    }
}
