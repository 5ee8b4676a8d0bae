//! How figures are written for people: units always, no more digits than are known.

use super::time::Millis;

/// What stands where nothing is known.
pub const UNKNOWN: &str = "—";

/// `96 %`, with a narrow no-break space left to the typeface: `96%` in tables.
pub fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// A rate in MiB/s with three significant digits, `8.06`.
pub fn mib_per_sec(bytes_per_sec: f64) -> String {
    significant(bytes_per_sec / 1_048_576.0)
}

/// A figure with about three digits: `0.06`, `8.06`, `22.4`, `1,240`.
pub fn significant(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => grouped(value.round() as i64),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A whole number with a comma between thousands, `19,240`.
pub fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        out.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun, `1 shard`, `24 shards`.
pub fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(count as i64))
}

/// A size in bytes, `885 B`, `18.5 KiB`, `1.20 MiB`.
pub fn bytes(size: u64) -> String {
    let size_f = size as f64;
    match size {
        0..=1_023 => format!("{size} B"),
        1_024..=1_048_575 => format!("{} KiB", significant(size_f / 1_024.0)),
        1_048_576..=1_073_741_823 => format!("{} MiB", significant(size_f / 1_048_576.0)),
        _ => format!("{} GiB", significant(size_f / 1_073_741_824.0)),
    }
}

/// A length of time, `0.3 s`, `48 s`, `14 m 20 s`, `3 h 12 m`, `2 d 4 h`.
pub fn duration(span: Millis) -> String {
    let seconds = span.0 / 1_000;
    match seconds {
        ..10 => format!("{:.1} s", span.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3_600 => format!("{} m {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// A length of time in its largest unit alone, never longer than five characters below 1,000 days: `0.3 s`, `48 s`,
/// `14 m`, `3 h`, `2 d`. Nothing is rounded up.
pub fn duration_short(span: Millis) -> String {
    let seconds = span.0 / 1_000;
    match seconds {
        ..60 => duration(span),
        60..3_600 => format!("{} m", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A retention period, `24 h`, `7 d`.
pub fn retention(hours: u32) -> String {
    if hours >= 72 && hours.is_multiple_of(24) { format!("{} d", hours / 24) } else { format!("{hours} h") }
}

/// The first and last characters of a long identifier with an ellipsis between, never longer than `max` characters.
pub fn elide_middle(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return text.to_owned();
    }
    let keep = max.saturating_sub(1);
    let head: String = text.chars().take(keep.div_ceil(2)).collect();
    let tail: String = text.chars().skip(count - keep / 2).collect();
    format!("{head}…{tail}")
}

/// Makes untrusted text safe to draw on one line: control characters, terminal escapes and bidirectional
/// overrides become visible marks, and at most `max` characters are kept.
pub fn one_line(text: &str, max: usize) -> String {
    let head = text.as_bytes().get(..max).unwrap_or(text.as_bytes());
    // Nearly all text is like this; the rest of the function is for what is not.
    if head.iter().all(|byte| (0x20..0x7f).contains(byte))
        && let Some(head) = text.get(..head.len())
    {
        return if head.len() < text.len() { format!("{head}…") } else { head.to_owned() };
    }
    let mut out = String::with_capacity(text.len().min(max * 4));
    for (index, character) in text.chars().enumerate() {
        if index == max {
            out.push('…');
            break;
        }
        out.push(visible(character));
    }
    out
}

/// The character itself, or a visible mark where drawing it could mislead.
pub fn visible(character: char) -> char {
    match character {
        '\n' | '\r' | '\t' => ' ',
        '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_length_of_time_is_its_largest_unit() {
        let short = |seconds| duration_short(Millis::from_secs(seconds));
        assert_eq!([short(2), short(59), short(60), short(3_599)], ["2.0 s", "59 s", "1 m", "59 m"]);
        assert_eq!([short(3_600), short(86_399), short(86_400 * 3)], ["1 h", "23 h", "3 d"]);
    }

    #[test]
    fn figures_carry_about_three_digits() {
        assert_eq!(mib_per_sec(8.06 * 1_048_576.0), "8.06");
        assert_eq!(significant(22.44), "22.4");
        assert_eq!(grouped(19_240), "19,240");
        assert_eq!(grouped(-1_000), "−1,000");
        assert_eq!(percent(0.964), "96%");
        assert_eq!(bytes(18_944), "18.5 KiB");
    }

    #[test]
    fn durations_use_two_units() {
        assert_eq!(duration(Millis(300)), "0.3 s");
        assert_eq!(duration(Millis::from_secs(860)), "14 m 20 s");
        assert_eq!(duration(Millis::from_secs(11_520)), "3 h 12 m");
    }

    #[test]
    fn elision_keeps_both_ends() {
        assert_eq!(elide_middle("49668412730951846205", 11), "49668…46205");
        assert_eq!(elide_middle("short", 11), "short");
    }

    #[test]
    fn hostile_text_cannot_move_the_cursor_or_turn_around() {
        assert_eq!(one_line("a\u{1b}[31mb\u{202e}c\0", 99), "a\u{fffd}[31mb\u{fffd}c\u{fffd}");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
