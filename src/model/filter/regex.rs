//! Regular expressions, in time linear to the text whatever the expression (crate `regex`).

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::FilterError;

/// Most memory of a compiled expression; `a{1000}{1000}` would take more.
const SIZE_LIMIT_BYTES: usize = 4 * 1_048_576;

/// A regular expression that must match somewhere. `(?i)` in front ignores case.
#[derive(Clone, Debug)]
pub struct RegexFilter(Regex);

impl RegexFilter {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn new(expression: &str) -> Result<Self, FilterError> {
        let built = RegexBuilder::new(expression).size_limit(SIZE_LIMIT_BYTES).build();
        built.map(Self).map_err(|error| match error {
            regex::Error::Syntax(text) => syntax_error(expression, &text),
            regex::Error::CompiledTooBig(_) => FilterError::new("The expression would take too much memory", None),
            other => FilterError::new(other.to_string(), None),
        })
    }

    /// Whether it matches somewhere.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Where it matches, in bytes; matches of nothing are left out.
    pub fn ranges_in(&self, text: &str) -> Vec<Range<usize>> {
        self.0.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty()).collect()
    }
}

/// The crate draws its errors for a terminal: the expression, a line with `^` below, and `error: ` with the reason.
fn syntax_error(expression: &str, drawn: &str) -> FilterError {
    const INDENT: usize = 4;
    let what = drawn.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or("not a regular expression");
    let marks = drawn.lines().find(|line| line.contains('^') && line.trim_matches([' ', '^']).is_empty());
    let at = marks.filter(|_| !expression.contains('\n')).and_then(|line| {
        let first = line.find('^')?.checked_sub(INDENT)?;
        let count = line.trim().len();
        let byte_of = |n: usize| expression.char_indices().nth(n).map_or(expression.len(), |(at, _)| at);
        Some(byte_of(first)..byte_of(first + count))
    });
    FilterError::new(what, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_place() {
        let error = RegexFilter::new("ä(b").expect_err("unclosed");
        assert_eq!(error.what, "unclosed group");
        assert_eq!(error.at, Some(2..3));
        assert_eq!(error.with_place("ä(b"), "unclosed group at character 2");
        assert!(RegexFilter::new("(a{1000}){1000}").is_err());
    }

    #[test]
    fn matches_are_found_with_their_ranges() {
        let filter = RegexFilter::new("(?i)tenant-\\d+|x*").expect("compiles");
        assert!(filter.is_in("Tenant-42"));
        assert_eq!(filter.ranges_in("a Tenant-42 x"), [2..11, 12..13]);
    }
}
