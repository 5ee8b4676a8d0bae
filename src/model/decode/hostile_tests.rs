//! Data that means harm, or was damaged on the way: shown or reported, bounded, and never a panic.

use super::tests::one;
use super::*;

#[test]
fn ten_mebibytes_of_json_are_json() {
    let text = format!("[{}0]", "{\"key\":\"value\",\"n\":1.5},".repeat(440_000));
    assert!(text.len() > 10 * 1_048_576 - 500_000);
    let record = one(text.as_bytes());
    assert_eq!(record.decoded.steps, [Step::Json]);
    assert!(record.preview().chars().count() <= PREVIEW_MAX_CHARS);
}

#[test]
fn deep_nesting_of_every_kind_is_bounded() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let deep = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        let record = one(deep.as_bytes());
        assert_eq!(record.decoded.steps, [Step::Text]);
        assert!(record.decoded.error.is_some());
        assert_eq!(one(open.repeat(20_000).as_bytes()).decoded.steps, [Step::Text]);
    }
    let packed = [vec![0x91; 20_000], vec![0xc0]].concat();
    assert_eq!(one(&packed).decoded.steps, [Step::Binary]);
    let cbor = [vec![0x81; 20_000], vec![0xf6]].concat();
    assert_eq!(one(&cbor).decoded.steps, [Step::Binary]);
}

#[test]
fn lengths_that_lie_take_no_memory() {
    let claims = [
        vec![0xdd, 0xff, 0xff, 0xff, 0xff],
        vec![0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1],
        vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0x00],
        vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        vec![0x04, 0x22, 0x4d, 0x18, 0x7c, 0x70, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ];
    for claim in claims {
        let record = one(&claim);
        assert_eq!(&*record.data, &claim[..]);
        assert_eq!(record.decoded.text, None);
    }
}

#[test]
fn escapes_overrides_and_nul_cannot_reach_a_preview() {
    let text = "a\0b\u{1b}[31mred\u{202e}gnp.exe\u{2066}\u{feff}\r\n\tc\u{9b}2J";
    for data in [
        text.as_bytes().to_vec(),
        format!("{{\"k\":\"{}\"}}", text.replace(['\0', '\u{1b}', '\r', '\n', '\t'], "")).into_bytes(),
    ] {
        let preview = one(&data).preview();
        let is_harmless = |c: char| {
            !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c) && !('\u{2066}'..='\u{2069}').contains(&c)
        };
        assert!(preview.chars().all(is_harmless), "{preview:?}");
    }
}
