//! What AWS takes as names, tags, keys and figures. Each rule says in a few words why it refuses.

use crate::model::format;

/// Retention in hours (API: `IncreaseStreamRetentionPeriod`).
pub const RETENTION_HOURS: std::ops::RangeInclusive<u32> = 24..=8_760;
/// Largest record in KiB (API: `MaxRecordSizeInKiB`).
pub const RECORD_KIB: std::ops::RangeInclusive<u32> = 1_024..=10_240;
/// Tags of one stream (API: `AddTagsToStream`).
pub const MOST_TAGS: usize = 50;
/// Characters of a tag's key and of its value (API: `Tag`).
pub const TAG_CHARS: (usize, usize) = (128, 256);
/// Warm throughput in MiB/s: 10 GiB/s (API: `UpdateStreamWarmThroughput`).
pub const MOST_WARM_MIBPS: u32 = 10_240;
/// Changes of the mode in any 24 hours (API: `UpdateStreamMode`).
pub const SWITCHES_PER_DAY: usize = 2;
/// Starts, and stops, of encryption in any 24 hours (API: `StartStreamEncryption`).
pub const ENCRYPTIONS_PER_DAY: usize = 25;
/// Registered consumers of a stream (API: `RegisterStreamConsumer`).
pub const MOST_CONSUMERS: usize = 20;
/// The same of an on-demand stream with On-demand Advantage.
pub const MOST_CONSUMERS_ADVANTAGE: usize = 50;
/// Consumers of a stream that may be CREATING at once (API: `RegisterStreamConsumer`).
pub const MOST_CREATING: usize = 5;
/// Longest id, ARN or alias of a key (API: `StartStreamEncryption`).
const KEY_CHARS: usize = 2_048;

/// A name of a stream or of a consumer: `[a-zA-Z0-9_.-]{1,128}`.
///
/// # Errors
/// What is wrong with it.
pub fn name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("type a name".to_owned());
    }
    if let Some(other) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))) {
        let shown = if other == ' ' { "a space".to_owned() } else { format!("“{}”", format::visible(other)) };
        return Err(format!("{shown} is not allowed: letters, digits, _ . -"));
    }
    match name.len() {
        1..=128 => Ok(()),
        chars => Err(format!("{chars} characters, at most 128")),
    }
}

/// Letters, digits and white space of any script, and `_ . : / = + - % @`.
fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-%@".contains(c)
}

/// One tag.
///
/// # Errors
/// What is wrong with it.
pub fn tag(key: &str, value: &str) -> Result<(), String> {
    let (most_key, most_value) = TAG_CHARS;
    if key.is_empty() {
        return Err("a tag needs a key".to_owned());
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err("keys that begin with aws: are AWS's own".to_owned());
    }
    for (what, text, most) in [("key", key, most_key), ("value", value, most_value)] {
        let chars = text.chars().count();
        if chars > most {
            return Err(format!("the {what} has {chars} characters, at most {most}"));
        }
        if let Some(other) = text.chars().find(|c| !is_tag_char(*c)) {
            return Err(format!("“{}” is not allowed in a {what}", format::visible(other)));
        }
    }
    Ok(())
}

/// The id, ARN or alias of a KMS key, by its shape alone; whether it can be used is known only to KMS.
///
/// # Errors
/// What is wrong with it.
pub fn key_id(key: &str) -> Result<(), String> {
    if key.is_empty() {
        return Err("type the id, ARN or alias of a key".to_owned());
    }
    if key.len() > KEY_CHARS {
        return Err(format!("{} characters, at most {}", key.len(), format::grouped(KEY_CHARS as i64)));
    }
    let is_plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-'))
    };
    let arn = || {
        let mut parts = key.splitn(6, ':');
        let head = (parts.next(), parts.next().map(|part| part.starts_with("aws")), parts.next());
        let (region, account, resource) = (parts.next(), parts.next(), parts.next());
        head == (Some("arn"), Some(true), Some("kms"))
            && region.is_some_and(|region| !region.is_empty())
            && account.is_some_and(|account| account.chars().all(|c| c.is_ascii_digit()) && !account.is_empty())
            && resource.is_some_and(|resource| resource.starts_with("key/") || resource.starts_with("alias/"))
            && resource.is_some_and(is_plain)
    };
    let alias = || key.strip_prefix("alias/").is_some_and(is_plain);
    let id = || {
        let uuid = key.strip_prefix("mrk-").unwrap_or(key);
        uuid.len() >= 32 && uuid.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
    };
    if alias() || id() || arn() { Ok(()) } else { Err("neither an id, an ARN nor alias/…".to_owned()) }
}

/// A whole number within bounds.
///
/// # Errors
/// What is wrong with it.
pub fn number(text: &str, bounds: &std::ops::RangeInclusive<u32>, unit: &str) -> Result<u32, String> {
    let words = || {
        let [least, most] = [*bounds.start(), *bounds.end()].map(|n| format::grouped(i64::from(n)));
        format!("{least} to {most} {unit}")
    };
    match text.trim().replace(',', "").parse::<u32>() {
        Ok(number) if bounds.contains(&number) => Ok(number),
        Ok(_) => Err(words()),
        Err(_) => Err(format!("a whole number, {}", words())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_held_against_the_pattern() {
        for good in ["a", "orders-cdc", "A.b_c-9", &"x".repeat(128)] {
            assert_eq!(name(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", "type a name"),
            ("two words", "a space"),
            ("straße", "ß"),
            ("a/b", "“/”"),
            (&*"x".repeat(129), "129 characters"),
        ] {
            assert!(name(bad).is_err_and(|words| words.contains(why)), "{bad}: {:?}", name(bad));
        }
    }

    #[test]
    fn tags_are_held_against_their_rules() {
        assert_eq!(tag("Kostenstelle", "Straße 7 / östlich"), Ok(()));
        assert_eq!(tag("team", ""), Ok(()));
        let refused = |key: &str, value: &str, why: &str| {
            let outcome = tag(key, value);
            assert!(outcome.as_ref().is_err_and(|words| words.contains(why)), "{key}={value}: {outcome:?}");
        };
        refused("", "x", "needs a key");
        refused("AWS:cloudformation:stack", "x", "AWS's own");
        refused(&"k".repeat(129), "x", "129 characters, at most 128");
        refused("k", &"한".repeat(257), "257 characters, at most 256");
        refused("a,b", "x", "“,” is not allowed in a key");
        refused("k", "{}", "“{” is not allowed in a value");
    }

    #[test]
    fn keys_are_known_by_their_shape() {
        for good in [
            "alias/aws/kinesis",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
            "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws-cn:kms:cn-north-1:111122223333:alias/mine",
        ] {
            assert_eq!(key_id(good), Ok(()), "{good}");
        }
        for bad in ["", "aws/kinesis", "alias/", "alias/a b", "arn:aws:s3:::bucket", "arn:aws:kms:us-east-1::key/1"] {
            assert!(key_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_whole_and_within_bounds() {
        assert_eq!(number(" 8,760 ", &RETENTION_HOURS, "hours"), Ok(8_760));
        assert_eq!(number("23", &RETENTION_HOURS, "hours"), Err("24 to 8,760 hours".to_owned()));
        assert!(number("1.5", &RETENTION_HOURS, "hours").is_err_and(|words| words.starts_with("a whole number")));
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_rule(text in ".*", value in ".*") {
            let _ = (name(&text), tag(&text, &value), key_id(&text), number(&text, &RECORD_KIB, "KiB"));
        }

        #[test]
        fn every_name_of_the_pattern_is_taken(text in "[a-zA-Z0-9_.-]{1,128}") {
            prop_assert_eq!(name(&text), Ok(()));
        }
    }
}
