//! What templates make, and how they refuse.

use proptest::prelude::*;

use super::*;
use crate::model::time::Timestamp;

const NOW: Timestamp = Timestamp(1_789_483_028_114);

fn made(text: &str, seed: u64, number: u64) -> String {
    let template = Template::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    template.render(&Roll { seed, number, now: NOW, partition_key: "tenant-\"9\"", rank: 3 })
}

fn fault(text: &str) -> TemplateError {
    Template::parse(text).expect_err(text)
}

#[test]
fn every_built_in_template_makes_json_that_differs_by_number_and_repeats_by_seed() {
    for built_in::BuiltIn { name, text, key, .. } in built_in::BUILT_IN {
        let (template, look) = look(text, 7, NOW, "tenant-1").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(look.not_json, None, "{name}");
        assert!(look.least_bytes <= look.most_bytes && look.mean_bytes > 100.0, "{name}: {look:?}");
        assert_eq!(template.chain(), if name == "Order chain" { 4 } else { 1 });
        assert_eq!(made(text, 7, 5), made(text, 7, 5));
        assert_ne!(made(text, 7, 5), made(text, 7, 6), "{name}");
        assert_ne!(made(text, 7, 5), made(text, 8, 5), "{name}");
        assert!(Template::parse(key).is_ok());
    }
}

#[test]
fn every_placeholder_that_is_offered_means_something() {
    for (inside, _) in OFFERED {
        assert!(!made(&format!("{{{{{inside}}}}}"), 1, 0).is_empty(), "{inside}");
    }
}

#[test]
fn times_come_in_the_format_that_was_asked_for() {
    let text = "{{now_iso}} {{now_ms}} {{now_s}} {{now_us}} {{now \"%Y/%m/%d %H\"}}";
    assert_eq!(made(text, 1, 0), "2026-09-15T14:37:08.114Z 1789483028114 1789483028 1789483028114000 2026/09/15 14");
}

#[test]
fn counters_and_chains_follow_the_number_of_the_record() {
    assert_eq!(made("{{counter}} {{counter 10}} {{counter 10 -5}}", 1, 3), "3 13 -5");
    let steps: Vec<String> = (0..5).map(|number| made("{{cycle created paid \"on its way\"}}", 1, number)).collect();
    assert_eq!(steps, ["created", "paid", "on its way", "created", "paid"]);
}

#[test]
fn choices_follow_their_weights() {
    let count = |what: &str| (0..4_000).filter(|n| made("{{oneof a:3 b:1 c:0}}", 5, *n) == what).count();
    assert!((2_850..3_150).contains(&count("a")) && count("c") == 0);
    assert_eq!(made("{{oneof 10:30}}", 1, 0), "10", "a number behind the last colon is a weight");
    assert_eq!(made("{{oneof \"two words\":2}}", 1, 0), "two words");
}

#[test]
fn uuids_are_of_version_4() {
    for number in 0..50 {
        let uuid = made("{{uuid}}", 1, number);
        assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'4'), "{uuid}");
        assert!(b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
    }
}

#[test]
fn a_value_inside_a_json_string_is_escaped_there_and_nowhere_else() {
    assert_eq!(made("{\"k\": \"{{partition_key}}\"}", 1, 0), r#"{"k": "tenant-\"9\""}"#);
    assert_eq!(made("key {{partition_key}}", 1, 0), "key tenant-\"9\"");
    assert_eq!(made(r#"{"a\"": "{{rank}}", "b": {{rank}}}"#, 1, 0), r#"{"a\"": "3", "b": 3}"#);
}

#[test]
fn faults_are_named_by_line_and_column() {
    let place = |text: &str| (fault(text).line, fault(text).column);
    assert_eq!(place("{\n  \"é\": {{nothing}}\n}"), (2, 10));
    assert_eq!(place("{{int 8..1}}"), (1, 7));
    assert_eq!(place("a\nb {{uuid"), (2, 3));
    assert_eq!(place("{{ uuid now }}"), (1, 9));
    assert_eq!(place("{{float 1..x}}"), (1, 9));
    assert_eq!(place("{{oneof a:-1}}"), (1, 9));
    assert_eq!(place("{{cycle a b}} {{cycle a b c}}"), (1, 15));
    assert_eq!(place("{{now \"%!\"}}"), (1, 7));
    assert_eq!(place("{{}}"), (1, 3));
    assert!(fault("{{text 9999999}}").what.contains("at most"));
}

#[test]
fn what_is_not_json_is_found_where_it_stands_in_the_template() {
    let not_json = |text: &str| look(text, 1, NOW, "k").expect("a template").1.not_json.expect("is no JSON");
    let error = not_json("{\n  \"a\": \"{{uuid}}\",\n}");
    assert_eq!((error.line, error.column), (3, 1));
    let error = not_json("{\"a\": {{text 4}}}");
    assert_eq!((error.line, error.column), (1, 7), "a value without its quotes");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_place_in_it(text in "[a-z{} .\":0-9\né]{0,60}") {
        match Template::parse(&text) {
            Ok(template) => {
                let roll = Roll { seed: 1, number: 0, now: NOW, partition_key: "k", rank: 1 };
                let made = template.render(&roll);
                prop_assert!(template.placeholders() > 0 || made == text);
            }
            Err(error) => prop_assert!(error.line <= text.matches('\n').count() + 1 && error.column >= 1),
        }
    }

    #[test]
    fn numbers_stay_in_their_range(low in -1_000i64..1_000, span in 0i64..1_000, seed: u64, number: u64) {
        let high = low + span;
        let int: i64 = made(&format!("{{{{int {low}..{high}}}}}"), seed, number).parse().expect("a number");
        prop_assert!((low..=high).contains(&int));
        let float: f64 = made(&format!("{{{{float {low}..{high} 3}}}}"), seed, number).parse().expect("a number");
        prop_assert!(float >= low as f64 && float <= high as f64);
    }
}
