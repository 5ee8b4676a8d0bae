//! A sentence whose parts carry meaning, so that a view can colour it and a terminal can print it.

/// One part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Ordinary words.
    Plain(String),
    /// A name or figure that matters.
    Strong(String),
    /// An identifier, in the fixed-width face.
    Code(String),
    /// A figure beyond a warning threshold.
    Warn(String),
    /// A figure beyond a critical threshold.
    Crit(String),
    /// A count of throttled calls or records.
    Throttle(String),
}

impl Span {
    /// The words alone.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(t) | Self::Strong(t) | Self::Code(t) | Self::Warn(t) | Self::Crit(t) | Self::Throttle(t) => t,
        }
    }
}

/// A sentence of spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence(pub Vec<Span>);

impl Sentence {
    /// An empty sentence to build on.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds ordinary words.
    pub fn plain(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Plain(text.into()));
        self
    }

    /// Adds any span.
    pub fn span(mut self, span: Span) -> Self {
        self.0.push(span);
        self
    }

    /// The words alone, for terminals, the clipboard and screen readers.
    pub fn to_text(&self) -> String {
        self.0.iter().map(Span::text).collect()
    }
}
