//! What the bytes of a record are. Every step is bounded in size and depth; what cannot be decoded stays as it is, with the error.

/// One step of the decoding chain, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A user record of a KPL aggregate.
    Kpl,
    /// Gzip.
    Gzip,
    /// JSON text.
    Json,
    /// UTF-8 text.
    Text,
    /// Neither: shown as hexadecimal.
    Binary,
}

impl Step {
    /// As written in output, `"kpl"`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Kpl => "kpl",
            Self::Gzip => "gzip",
            Self::Json => "json",
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }
}

/// The outcome of decoding one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The steps that were taken, outermost first; the last one says what the text is.
    pub steps: Vec<Step>,
    /// The decoded text (JSON or plain); `None` for binary data.
    pub text: Option<String>,
    /// Why decoding stopped early, with the place.
    pub error: Option<String>,
}

impl Decoded {
    /// Whether the text is JSON.
    pub fn is_json(&self) -> bool {
        self.steps.last() == Some(&Step::Json)
    }
}
