//! Records that mean harm, in the view of the tail: shown or reported, in frames that stay short.

use std::io::Write;
use std::time::{Duration, Instant};

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use kinescope::model::decode::{DecodeLimits, decode};
use kinescope::model::ids::{PartitionKey, SequenceNumber};
use kinescope::model::record::RawRecord;
use kinescope::model::tail::{TailItem, TailOptions};
use kinescope::model::time::Millis;
use kinescope::ui::views::tail::{TailState, show};

use crate::stage::{self, Stage, shard_id, window};

type View = Harness<'static, Stage<TailState>>;

/// No frame may take longer; without optimisation this crate is some times slower.
const LONGEST_FRAME: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1_000 } else { 50 });

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).expect("written to memory");
    encoder.finish().expect("written to memory")
}

/// Each with a name, its key and its bytes.
fn hostile() -> Vec<(&'static str, String, Vec<u8>)> {
    let of = |name, data| (name, "k".to_owned(), data);
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(20_000), close.repeat(20_000)).into_bytes();
    vec![
        of("10 MiB of JSON", format!("[{}0]", "{\"key\":\"value\",\"n\":1.5},".repeat(430_000)).into_bytes()),
        of("10 MiB in one text", format!("{{\"text\":\"{}\"}}", "x".repeat(10_000_000)).into_bytes()),
        of("an object of 300,000 members", {
            let members: Vec<String> = (0..300_000).map(|n| format!("\"member {n}\":{n}")).collect();
            format!("{{{}}}", members.join(",")).into_bytes()
        }),
        of("nested arrays", nested("[", "]")),
        of("nested objects", nested("{\"a\":", "}")),
        of("a gzip bomb", gzip(&vec![b' '; 300 * 1_048_576])),
        of("a gzip bomb twice", gzip(&gzip(&vec![0; 300 * 1_048_576]))),
        of("invalid UTF-8", [&b"{\"a\":\"\xff\xfe\xc3\"}"[..], &[0xf0; 400]].concat()),
        of("NUL and terminal escapes", b"a\0b\x1b[2J\x1b]0;title\x07\x9b31m\r\n\x08".to_vec()),
        of("bidirectional overrides", "{\"file\":\"\u{202e}gnp.exe\u{2066}\u{2069}\u{feff}\"}".as_bytes().to_vec()),
        of("empty data", Vec::new()),
        ("a key of 256 characters of four bytes", "\u{1f9e8}".repeat(256), b"{\"n\":1}".to_vec()),
        of("10 MiB of bytes", (0..10 * 1_048_576_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
    ]
}

fn raw(number: usize, key: &str, data: Vec<u8>) -> RawRecord {
    RawRecord {
        sequence_number: SequenceNumber::from(format!("4966841273095184620583502174{number:06}")),
        partition_key: PartitionKey::from(key),
        approximate_arrival: Some(stage::now() - Millis(1_000)),
        data,
    }
}

fn view(records: impl IntoIterator<Item = RawRecord>) -> View {
    let mut world = stage::world();
    let open = world.open.as_mut().expect("a stream is open");
    drop(open.tail.begin(TailOptions::default(), stage::now() - Millis::from_mins(1)));
    let mut harness = window(Stage::new(world), show);
    // As in the program: what no font has is drawn as a box. Holds from the next frame on.
    harness.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    harness.step();
    let tail = &mut harness.state_mut().world.open.as_mut().expect("a stream is open").tail;
    for raw in records {
        let decoded = decode(raw, &shard_id(7), &DecodeLimits::default());
        tail.ingest(decoded.into_iter().map(|record| TailItem::Record(record.into())));
    }
    harness
}

/// How long this thread has worked. Where the system does not tell, how long it has been since `begun`: other programs then
/// count as well.
fn worked(begun: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.as_deref().and_then(|told| told.split(' ').next()?.parse().ok());
    nanos.map_or(begun.elapsed(), Duration::from_nanos)
}

/// The longest of some frames.
fn longest(harness: &mut View, frames: usize) -> Duration {
    let begun = Instant::now();
    let one = |_| {
        let before = worked(begun);
        harness.step();
        worked(begun) - before
    };
    (0..frames).map(one).max().unwrap_or_default()
}

#[test]
fn no_record_that_means_harm_holds_a_frame_up() {
    let mut slow = Vec::new();
    for (name, key, data) in hostile() {
        let mut harness = view([raw(1, &key, data)]);
        let mut note = |harness: &mut View, what: &str| {
            let took = longest(harness, 6);
            println!("{name}, {what}: {} ms", took.as_millis());
            if took > LONGEST_FRAME {
                slow.push(format!("{name}, {what}: {took:?}"));
            }
        };
        note(&mut harness, "row");
        harness.get_by_label_contains("Record 49668412730951846205835021740").click();
        note(&mut harness, "chosen");
        for face in ["Raw", "Hex", "JSON tree"] {
            if let Some(tab) = harness.query_by_label(face) {
                tab.click();
                note(&mut harness, face);
            }
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

#[test]
fn ten_thousand_keys_cost_a_frame_no_more_than_one() {
    let of = |keys: usize| view((0..10_000).map(|n| raw(n, &format!("key-{}", n % keys), b"{\"n\":1}".to_vec())));
    let (mut one, mut many) = (of(1), of(10_000));
    let (one, many) = (longest(&mut one, 10), longest(&mut many, 10));
    assert!(many < LONGEST_FRAME && many < one * 3 + Duration::from_millis(40), "{many:?} against {one:?}");
}
