//! What one placeholder means: its name, its arguments, and what is wrong with them.

use std::ops::RangeInclusive;

/// Most characters that one placeholder makes.
const LONGEST: usize = 1_048_576;

/// One placeholder.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Placeholder {
    Uuid,
    NowIso,
    NowMillis,
    NowSeconds,
    NowMicros,
    /// By `strftime`.
    NowAs(String),
    PartitionKey,
    Rank,
    Counter {
        from: i64,
        step: i64,
    },
    Int(RangeInclusive<i64>),
    Float {
        low: f64,
        high: f64,
        decimals: usize,
    },
    /// Each with the sum of the weights up to it.
    OneOf(Vec<(String, f64)>),
    Cycle(Vec<String>),
    Bool,
    Text(RangeInclusive<usize>),
    Digits(RangeInclusive<usize>),
    Hex(RangeInclusive<usize>),
    Name,
    FirstName,
    LastName,
    Email,
    Ip,
    Ipv6,
    UserAgent,
    Latitude,
    Longitude,
    City,
    Country,
}

/// A word and where it begins.
type Word<'a> = (usize, std::borrow::Cow<'a, str>);
/// What is wrong, and at which byte of the placeholder.
type Fault = (usize, String);

impl Placeholder {
    /// Reads what stands between the braces.
    pub(super) fn parse(inside: &str) -> Result<Self, Fault> {
        let mut words = words(inside)?.into_iter();
        let (at, name) = words.next().ok_or((0, "empty placeholder: name one, such as {{uuid}}".to_owned()))?;
        let arguments: Vec<Word<'_>> = words.collect();
        if let Some(plain) = Self::plain(&name) {
            return match arguments.first() {
                Some((at, word)) => Err((*at, format!("{name} takes nothing, not {word:?}"))),
                None => Ok(plain),
            };
        }
        let first = arguments.first();
        let missing = |what: &str| (at, format!("{name} needs {what}"));
        match &*name {
            "now" => match arguments.as_slice() {
                [] => Ok(Self::NowIso),
                [(at, format)] => checked_format(*at, format),
                [_, (at, _), ..] => Err((*at, "put quotes around a format of several words".to_owned())),
            },
            "counter" => Ok(Self::Counter { from: whole(first, 0)?, step: whole(arguments.get(1), 1)? }),
            "int" => {
                let (at, word) = first.ok_or_else(|| missing("a range such as 1..8"))?;
                range::<i64>(*at, word).map(Self::Int)
            }
            "float" => {
                let (at, word) = first.ok_or_else(|| missing("a range such as 5..900"))?;
                let decimals = whole(arguments.get(1), 2)?.clamp(0, 15) as usize;
                let range = range::<f64>(*at, word)?;
                if !range.start().is_finite() || !range.end().is_finite() {
                    return Err((*at, format!("{word:?} has no end")));
                }
                Ok(Self::Float { low: *range.start(), high: *range.end(), decimals })
            }
            "oneof" if !arguments.is_empty() => one_of(&arguments),
            "cycle" if !arguments.is_empty() => {
                Ok(Self::Cycle(arguments.into_iter().map(|(_, word)| word.into_owned()).collect()))
            }
            "oneof" | "cycle" => Err(missing("the values to take from, such as a b c")),
            "text" => lengths(first, 16..=64).map(Self::Text),
            "digits" => lengths(first, 12..=12).map(Self::Digits),
            "hex" => lengths(first, 16..=16).map(Self::Hex),
            _ => Err((at, format!("{name} is not known: see \"Insert placeholder\" for those that are"))),
        }
    }

    /// Those without arguments.
    fn plain(name: &str) -> Option<Self> {
        Some(match name {
            "uuid" => Self::Uuid,
            "now_iso" => Self::NowIso,
            "now_ms" => Self::NowMillis,
            "now_s" => Self::NowSeconds,
            "now_us" => Self::NowMicros,
            "partition_key" => Self::PartitionKey,
            "rank" => Self::Rank,
            "bool" => Self::Bool,
            "name" => Self::Name,
            "first_name" => Self::FirstName,
            "last_name" => Self::LastName,
            "email" => Self::Email,
            "ip" => Self::Ip,
            "ipv6" => Self::Ipv6,
            "user_agent" => Self::UserAgent,
            "lat" => Self::Latitude,
            "lon" => Self::Longitude,
            "city" => Self::City,
            "country" => Self::Country,
            _ => return None,
        })
    }
}

/// Words by white space; one in quotes may hold some.
fn words(inside: &str) -> Result<Vec<Word<'_>>, Fault> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = inside.get(at..) {
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.is_empty() {
            break;
        }
        // A quoted word may have a weight behind its closing quote: `"two words":3`.
        let (quoted, behind) = match trimmed.strip_prefix('"') {
            Some(inner) => {
                let (word, _) = inner.split_once('"').ok_or((at, "a quote without an end".to_owned()))?;
                (Some(word), word.len() + 2)
            }
            None => (None, 0),
        };
        let bare = trimmed.get(behind..).unwrap_or_default();
        let bare = bare.get(..bare.find(char::is_whitespace).unwrap_or(bare.len())).unwrap_or_default();
        let word = match quoted {
            Some(quoted) => std::borrow::Cow::Owned(format!("{quoted}{bare}")),
            None => std::borrow::Cow::Borrowed(bare),
        };
        words.push((at, word));
        at += behind + bare.len();
    }
    Ok(words)
}

fn whole(word: Option<&Word<'_>>, default: i64) -> Result<i64, Fault> {
    match word {
        None => Ok(default),
        Some((at, word)) => word.parse().map_err(|_| (*at, format!("{word:?} is no whole number"))),
    }
}

/// `1..8`, both ends included.
fn range<T: std::str::FromStr + PartialOrd + Copy>(at: usize, word: &str) -> Result<RangeInclusive<T>, Fault> {
    let wrong = || (at, format!("{word:?} is no range: write the lowest and the highest value, such as 1..8"));
    let (low, high) = word.split_once("..").ok_or_else(wrong)?;
    let (low, high): (T, T) = (low.parse().map_err(|_| wrong())?, high.parse().map_err(|_| wrong())?);
    // What is not a number is below nothing.
    if low <= high { Ok(low..=high) } else { Err(wrong()) }
}

/// `12` or `16..64`.
fn lengths(word: Option<&Word<'_>>, default: RangeInclusive<usize>) -> Result<RangeInclusive<usize>, Fault> {
    let Some((at, word)) = word else { return Ok(default) };
    let lengths = match word.parse::<usize>() {
        Ok(length) => length..=length,
        Err(_) => range::<usize>(*at, word)?,
    };
    if *lengths.end() > LONGEST {
        return Err((*at, format!("at most {LONGEST} characters")));
    }
    Ok(lengths)
}

fn one_of(words: &[Word<'_>]) -> Result<Placeholder, Fault> {
    let mut sum = 0.0;
    let mut values = Vec::new();
    for (at, word) in words {
        // What stands behind the last colon is a weight only where it is a number: `10:30` is a time of day all the same.
        let (value, weight) = match word.rsplit_once(':').map(|(value, weight)| (value, weight.parse::<f64>())) {
            Some((value, Ok(weight))) => (value, weight),
            _ => (&**word, 1.0),
        };
        if !weight.is_finite() || weight < 0.0 {
            return Err((*at, format!("the weight of {value:?} must be 0 or more")));
        }
        sum += weight;
        values.push((value.to_owned(), sum));
    }
    if sum <= 0.0 || !sum.is_finite() {
        return Err((words.first().map_or(0, |(at, _)| *at), "all weights are 0".to_owned()));
    }
    Ok(Placeholder::OneOf(values))
}

fn checked_format(at: usize, format: &str) -> Result<Placeholder, Fault> {
    let epoch = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    match jiff::fmt::strtime::format(format, &epoch) {
        Ok(_) => Ok(Placeholder::NowAs(format.to_owned())),
        Err(error) => Err((at, format!("{format:?} is no format of a time: {error}"))),
    }
}
