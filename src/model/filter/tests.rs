//! Filters as a whole: what passes, what does not, what ends with a message.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::decode::{DecodeLimits, decode};
use crate::model::ids::{PartitionKey, SequenceNumber, ShardId};
use crate::model::record::RawRecord;
use crate::model::time::Timestamp;

fn record(data: &str) -> Record {
    let raw = RawRecord {
        sequence_number: SequenceNumber::from("4966"),
        partition_key: PartitionKey::from("tenant-42"),
        approximate_arrival: Some(Timestamp(1_500)),
        data: data.as_bytes().to_vec(),
    };
    decode(raw, &ShardId::from("shardId-000000000007"), &DecodeLimits::default()).remove(0)
}

/// On a thread with the stack that jq asks for.
fn on_deep_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(JQ_STACK_BYTES).spawn(work).expect("a thread");
    thread.join().expect("no panic")
}

fn jq(expression: &str, data: &str) -> Result<Verdict, FilterError> {
    let (spec, record) = (FilterSpec::new(FilterKind::Jq, expression), record(data));
    on_deep_stack(move || Filter::compile(&spec)?.judge(&record))
}

fn jq_error(expression: &str) -> FilterError {
    jq(expression, "{}").expect_err(expression)
}

const ORDER: &str =
    r#"{"event":"checkout","cart":{"total":842.5,"items":[{"sku":"a"},{"sku":"b"}]},"id":12345678901234567890}"#;

#[test]
fn jq_passes_what_is_true_and_nothing_else() {
    for (expression, expected) in [
        (r#".event == "checkout" or .cart.total > 200"#, Verdict::Match),
        (".cart.total > 900", Verdict::Miss),
        (".cart.items[].sku == \"b\"", Verdict::Match),
        ("any(.cart.items[]; .sku | test(\"^b\"))", Verdict::Match),
        (".id == 12345678901234567890", Verdict::Match),
        (".id == 12345678901234567891", Verdict::Miss),
        ("select(.event == \"checkout\")", Verdict::Match),
        (".missing", Verdict::Miss),
        ("empty", Verdict::Miss),
        (".event.nested", Verdict::Failed),
        ("$key == \"tenant-42\" and ($shard | endswith(\"7\"))", Verdict::Match),
        ("$sequence == \"4966\" and $sub == null and $arrival == 1.5 and $size > 9", Verdict::Match),
        ("$decoded == [\"json\"]", Verdict::Match),
        ("[range(3)] == [0,1,2] and [range(4;0;-2)] == [4,2] and [range(1;1)] == []", Verdict::Match),
        ("[limit(3; repeat(1))] | length == 3", Verdict::Match),
        ("halt", Verdict::Failed),
    ] {
        assert_eq!(jq(expression, ORDER), Ok(expected), "{expression}");
    }
}

#[test]
fn text_and_several_values_can_be_asked_too() {
    assert_eq!(jq("test(\"err\")", "an error"), Ok(Verdict::Match));
    assert_eq!(jq(".n > 1", "{\"n\":1}\n{\"n\":2}"), Ok(Verdict::Match));
    assert_eq!(jq(".n > 2", "{\"n\":1}\n{\"n\":2}"), Ok(Verdict::Miss));
    assert_eq!(jq(".n > 2", "\u{1f}\u{8b}"), Ok(Verdict::Failed));
    let mut broken = record("x");
    broken.decoded.error = Some("gzip".to_owned());
    let filter = Filter::text("zebra");
    assert_eq!(filter.judge(&broken), Ok(Verdict::Undecodable));
}

#[test]
fn an_expression_that_does_not_end_is_stopped_with_a_message() {
    for expression in [
        "[range(infinite)]",
        "last(range(infinite))",
        "range(infinite) | select(. < 0)",
        "last(repeat(1))",
        "def f: f; f",
        "until(false; .)",
        "[recurse(.)] | length",
        "reduce range(1e9) as $i (0; . + $i)",
        "[limit(1e9; repeat(1))]",
        "reduce range(1e9) as $i (null; [.])",
    ] {
        assert!(jq_error(expression).what.contains("does not end"), "{expression}");
    }
    for expression in ["def f: 1 + f; f", "def f: [f]; f", "def f: f + 1; f", "def f: {a: f}; f"] {
        assert!(jq_error(expression).what.contains("stopped"), "{expression}");
    }
    assert_eq!(jq("first(range(infinite)) == 0", "{}"), Ok(Verdict::Match));
}

#[test]
fn what_looks_into_values_is_as_the_manual_says() {
    for expression in [
        r#"("a\u00f1b" | length) == 3 and ([1,[2]] | length) == 2 and (null | length) == 0 and (-5 | length) == 5"#,
        r#"("foobar" | contains("bar")) and ([1,[2,3]] | contains([[3]])) and ({a:1} | contains({b:1}) | not)"#,
        r#"({a:{b:"xyz"}} | contains({a:{b:"y"}})) and ({a:1} | has("a")) and ([1,2] | has(1) and (has(2) | not))"#,
        r#"("a,b,cd" | indices(",")) == [1,3] and ([1,2,1] | indices(1)) == [0,2] and ("\u00e9a" | index("a")) == 1"#,
        "([0,1,2,1,2] | indices([1,2])) == [1,3] and ([1,2,4] | bsearch(2)) == 1 and ([1,2,4] | bsearch(3)) == -3",
        r#"([1,{a:"x"}] | tojson) == "[1,{\"a\":\"x\"}]" and ("[1,2]" | fromjson) == [1,2] and ("\([1])") == "[1]""#,
        r#"([1,2,3,4] | .[1:3] = ["x"]) == [1,"x",4] and ([1,2,3] | .[-1] = 9) == [1,2,9]"#,
        "({a:1,b:2} | del(.a)) == {b:2} and ([1,2,3] | del(.[0])) == [2,3] and ({a:1,b:{}} | .b.c = 2) == {a:1,b:{c:2}}",
        r#"([1,2] | .[] |= . + 1) == [2,3] and ({a:1} * {a:{b:2},c:3}) == {a:{b:2},c:3} and ("ab" * 2) == "abab""#,
        r#"("ab a" | [match("a(b)?"; "g").offset]) == [0,3] and ("a1b2" | gsub("[0-9]"; "-")) == "a-b-""#,
        r#"("a, b" | [splits(", *")]) == ["a","b"] and ("a-b" / "-") == ["a","b"] and ([1,2,1] - [1]) == [2]"#,
        "([3,1,2] | sort) == [1,2,3] and ([{a:1},{a:2}] | max_by(.a)) == {a:2} and ([1,1,2] | unique) == [1,2]",
        "([1,[2,[3]]] | flatten) == [1,2,3] and ({a:1} | to_entries) == [{key:\"a\",value:1}] and ([1,2] | add) == 3",
    ] {
        assert_eq!(jq(expression, "{}"), Ok(Verdict::Match), "{expression}");
    }
}

#[test]
fn an_expression_of_nothing_but_brackets_is_read() {
    let deep = format!("{}1{}", "(".repeat(2_000), ")".repeat(2_000));
    assert_eq!(jq(&deep, "{}"), Ok(Verdict::Match));
    assert!(jq_error(&"[".repeat(4_000)).what.contains("bracket"));
    assert!(jq_error(&"-".repeat(5_000)).what.contains("4,096 bytes"));
}

#[test]
fn errors_of_an_expression_name_the_place() {
    let cases = [
        (".a == ", "Expected term, found the end", None),
        (".a = (1", "Expected closing parenthesis", None),
        (".a ) .b", "", Some(3)),
        ("ä | foo(1)", "", Some(0)),
        (".a | foo(1)", "There is no filter foo with 1 argument", Some(5)),
        (".a | $nope", "There is no variable $nope", Some(5)),
        ("include \"x\"; .", "Modules", None),
    ];
    for (expression, what, at) in cases {
        let error = jq_error(expression);
        assert!(error.what.contains(what), "{expression}: {error}");
        if let Some(at) = at {
            assert_eq!(error.at.as_ref().map(|at| at.start), Some(at), "{expression}: {error}");
        }
    }
    assert_eq!(jq_error(".a | foo").with_place(".a | foo"), "There is no filter foo with 0 arguments at character 6");
}

#[test]
fn paths_that_an_expression_names_are_known() {
    let named = |expression: &str, path: &str| {
        Filter::compile(&FilterSpec::new(FilterKind::Jq, expression)).expect("compiles").names_path(path)
    };
    assert!(named(".cart.total > 200 and .x", ".cart.total") && named(".cart.total > 200 and .x", ".x"));
    assert!(named(".items[0].sku == \".no\"", ".items[0].sku") && !named(".items[0].sku == \".no\"", ".no"));
    assert!(named(".items[] | .sku", ".items") && named("(.a|.b)", ".a") && !named(".cart", ".cart.total"));
    assert!(!Filter::text(".a").names_path(".a"));
}

#[test]
fn one_key_and_nothing_else() {
    let spec = FilterSpec::only_key("a\"b\\");
    let filter = Filter::compile(&spec).expect("compiles");
    let mut record = record("{}");
    assert_eq!(filter.judge(&record), Ok(Verdict::Miss));
    record.partition_key = PartitionKey::from("a\"b\\");
    assert_eq!(filter.judge(&record), Ok(Verdict::Match));
}

#[test]
fn regular_expressions_look_at_key_shard_and_text() {
    for (expression, expected) in [
        ("^tenant-\\d+$", Verdict::Match),
        ("shardId-0+7", Verdict::Match),
        ("\"total\":8\\d\\d", Verdict::Match),
        ("zebra", Verdict::Miss),
    ] {
        let filter = Filter::compile(&FilterSpec::new(FilterKind::Regex, expression)).expect("compiles");
        assert_eq!(filter.judge(&record(ORDER)), Ok(expected), "{expression}");
    }
}

#[test]
fn a_filter_can_be_asked_by_several_threads_at_once() {
    let filter = Arc::new(Filter::compile(&FilterSpec::new(FilterKind::Jq, ".n == 1")).expect("compiles"));
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let filter = filter.clone();
            std::thread::spawn(move || filter.judge(&record(&format!("{{\"n\":{n}}}"))))
        })
        .collect();
    let passed = threads.into_iter().filter(|_| true).map(|thread| thread.join().expect("no panic"));
    assert_eq!(passed.filter(|verdict| *verdict == Ok(Verdict::Match)).count(), 1);
}

proptest! {
    #[test]
    fn no_expression_panics(expression in "[.\\[\\](){}|,:;$\"a-c0-2 +*/?=<>@-]{0,24}") {
        let spec = FilterSpec::new(FilterKind::Jq, expression.clone());
        if let Ok(filter) = Filter::compile(&spec) {
            let _ = filter.judge(&record(ORDER));
        } else if let Err(error) = Filter::compile(&spec) {
            prop_assert!(error.at.is_none_or(|at| expression.get(at).is_some()));
        }
        let _ = Filter::compile(&FilterSpec::new(FilterKind::Regex, expression)).map(|filter| filter.ranges_in(ORDER));
    }

    #[test]
    fn text_of_any_key_is_one_jq_string(key in "\\PC{0,12}") {
        let filter = Filter::compile(&FilterSpec::only_key(&key)).expect("compiles");
        let mut record = record("{}");
        record.partition_key = PartitionKey::from(key.as_str());
        prop_assert_eq!(filter.judge(&record), Ok(Verdict::Match));
    }
}
