//! The values of placeholders: drawn from a generator that is seeded by the run and the number of the record.

use fake::Fake;
use fake::faker::address::en::{CityName, CountryCode};
use fake::faker::internet::en::{IPv4, IPv6, SafeEmail, UserAgent};
use fake::faker::name::en::{FirstName, LastName, Name};
use jiff::tz::TimeZone;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};

use super::placeholder::Placeholder;
use crate::model::time::Timestamp;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What one record is made from.
#[derive(Clone, Copy, Debug)]
pub struct Roll<'a> {
    /// Of the run: with the same one, the same records are made but for their times.
    pub seed: u64,
    /// The number of the record, from 0.
    pub number: u64,
    /// When it is made.
    pub now: Timestamp,
    /// Its partition key.
    pub partition_key: &'a str,
    /// Which of the keys it has, from 1; 1 is the most frequent.
    pub rank: u64,
}

impl Roll<'_> {
    /// ChaCha8 has a stream for every number, and is the same in every version and on every machine.
    pub(super) fn rng(&self) -> ChaCha8Rng {
        rng(self.seed, self.number)
    }
}

/// The generator of one record, or of what else has a number.
pub(in crate::model) fn rng(seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

impl Placeholder {
    /// The value in one record.
    pub(super) fn value(&self, roll: &Roll<'_>, rng: &mut ChaCha8Rng) -> String {
        match self {
            Self::Uuid => uuid(rng),
            Self::NowIso => roll.now.to_rfc3339(),
            Self::NowMillis => roll.now.0.to_string(),
            Self::NowSeconds => roll.now.as_secs().to_string(),
            Self::NowMicros => roll.now.0.saturating_mul(1_000).to_string(),
            Self::NowAs(format) => roll.now.strftime(format, &TimeZone::UTC),
            Self::PartitionKey => roll.partition_key.to_owned(),
            Self::Rank => roll.rank.to_string(),
            Self::Counter { from, step } => {
                let number = i64::try_from(roll.number).unwrap_or(i64::MAX);
                from.saturating_add(step.saturating_mul(number)).to_string()
            }
            Self::Int(range) => rng.random_range(range.clone()).to_string(),
            Self::Float { low, high, decimals } => {
                // By shares of both ends: their difference may be beyond the largest number.
                let share: f64 = rng.random();
                format!("{:.decimals$}", low * (1.0 - share) + high * share)
            }
            Self::OneOf(values) => {
                let sum = values.last().map_or(0.0, |(_, sum)| *sum);
                let drawn = rng.random::<f64>() * sum;
                values.iter().find(|(_, upto)| drawn < *upto).map(|(value, _)| value.clone()).unwrap_or_default()
            }
            Self::Cycle(values) => {
                let step = usize::try_from(roll.number % values.len().max(1) as u64).unwrap_or_default();
                values.get(step).cloned().unwrap_or_default()
            }
            Self::Bool => rng.random::<bool>().to_string(),
            Self::Text(lengths) => drawn(rng, lengths.clone(), LETTERS),
            Self::Digits(lengths) => drawn(rng, lengths.clone(), b"0123456789"),
            Self::Hex(lengths) => drawn(rng, lengths.clone(), b"0123456789abcdef"),
            Self::Latitude => format!("{:.6}", rng.random_range(-90.0..=90.0)),
            Self::Longitude => format!("{:.6}", rng.random_range(-180.0..=180.0)),
            _ => self.fake(rng),
        }
    }

    fn fake(&self, rng: &mut ChaCha8Rng) -> String {
        match self {
            Self::Name => Name().fake_with_rng(rng),
            Self::FirstName => FirstName().fake_with_rng(rng),
            Self::LastName => LastName().fake_with_rng(rng),
            // Only at domains that nobody can own (RFC 2606): a test record never names a real mailbox.
            Self::Email => SafeEmail().fake_with_rng(rng),
            Self::Ip => IPv4().fake_with_rng(rng),
            Self::Ipv6 => IPv6().fake_with_rng(rng),
            Self::UserAgent => UserAgent().fake_with_rng(rng),
            Self::City => CityName().fake_with_rng(rng),
            Self::Country => CountryCode().fake_with_rng(rng),
            _ => String::new(),
        }
    }
}

/// Version 4 of RFC 9562.
pub(in crate::model) fn uuid(rng: &mut ChaCha8Rng) -> String {
    let bits = (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64());
    let bits = (bits & !(0xf << 76) & !(0b11 << 62)) | (4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

fn drawn(rng: &mut ChaCha8Rng, lengths: std::ops::RangeInclusive<usize>, letters: &[u8]) -> String {
    let length = rng.random_range(lengths);
    let letter = |_| letters.get(rng.random_range(0..letters.len())).map_or('0', |byte| char::from(*byte));
    (0..length).map(letter).collect()
}

/// A value inside a JSON string.
pub(super) fn push_escaped(out: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if u32::from(control) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            plain => out.push(plain),
        }
    }
}
