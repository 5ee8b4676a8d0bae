//! jq by jaq, bounded: an expression that does not come to an end stops with a message instead of holding a thread.
//!
//! jaq has no bounds of its own, but asks for the table of terms whenever it runs a term. The table is handed out by
//! [`Run`], which counts: beyond a number of steps, or too deep on the stack, it unwinds the evaluation to the call that
//! began it, as salsa does to cancel its queries. `range`, the one source that yields for ever without running a term, is
//! defined in jq here, so that it runs some. What happens within one term is counted by the [`Value`]s it happens to:
//! bytes that they take, and steps for those that take long.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use jaq_core::data::HasLut;
use jaq_core::load::{Arena, Error as LoadError, File, Loader, parse, span};
use jaq_core::{Compiler, Ctx, DataT, Lut, ValT as _, Vars, compile};
use jaq_json::{Val, read};

use super::meter::{self, BYTES_MOST, Beyond};
use super::natives;
use super::value::Value;
use super::{FilterError, Verdict};
use crate::model::decode::Step;
use crate::model::record::Record;

/// Stack that a thread must have to read and evaluate any expression: brackets and values may be nested as deep as the
/// bounds allow, and are dropped level by level. Only addresses are reserved, memory is taken as it is used.
pub const JQ_STACK_BYTES: usize = 256 * 1_048_576;

/// Longest expression, in bytes. It is read by functions that call themselves for every level of brackets.
const EXPRESSION_MAX_BYTES: usize = 4_096;
/// Steps that any record may take, and those that every byte of it adds, up to a maximum: about a tenth of a second.
const STEPS_LEAST: u64 = 100_000;
const STEPS_PER_BYTE: u64 = 4;
const STEPS_MOST: u64 = 1_000_000;
/// Most outputs that are looked at; one that is true ends the search.
const OUTPUTS_MAX: usize = 10_000;
/// Stack that the evaluation itself may use.
const EVALUATION_STACK_BYTES: usize = 512 * 1_024;

const VARIABLES: [&str; 7] = ["$key", "$shard", "$sequence", "$sub", "$arrival", "$size", "$decoded"];

/// `range` of jq's manual, in nothing but syntax, since all other definitions may stand on it.
const RANGE: &str = "def range($from; $to; $by): \
    def up: if . < $to then ., (. + $by | up) else {}[] end; \
    def down: if . > $to then ., (. + $by | down) else {}[] end; \
    def other: if . != $to then ., (. + $by | other) else {}[] end; \
    $from | if $by > 0 then up elif $by < 0 then down else other end;";

/// The kind of data that expressions run on.
pub(super) struct Bounded;

impl DataT for Bounded {
    type V<'a> = Value;
    type Data<'a> = Run<'a>;
}

/// One evaluation.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    lut: &'a Lut<Bounded>,
    stack_base: usize,
}

impl<'a> HasLut<'a, Bounded> for Run<'a> {
    fn lut(&self) -> &'a Lut<Bounded> {
        meter::steps(1);
        if self.stack_base.abs_diff(stack_address()) > EVALUATION_STACK_BYTES {
            resume_unwind(Box::new(Beyond::Stack));
        }
        self.lut
    }
}

/// About where the stack is now.
#[inline(never)]
fn stack_address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

/// A jq expression, ready to be asked.
#[derive(Clone)]
pub struct JqFilter {
    compiled: Arc<jaq_core::Filter<Bounded>>,
    uses: [bool; VARIABLES.len()],
    paths: Vec<String>,
}

impl fmt::Debug for JqFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JqFilter").field("paths", &self.paths).finish_non_exhaustive()
    }
}

impl JqFilter {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn new(expression: &str) -> Result<Self, FilterError> {
        if expression.len() > EXPRESSION_MAX_BYTES {
            let most = crate::model::format::grouped(EXPRESSION_MAX_BYTES as i64);
            return Err(FilterError::new(format!("The expression is longer than {most} bytes"), None));
        }
        let compiled = catch_unwind(AssertUnwindSafe(|| compiled(expression)))
            .unwrap_or_else(|_| Err(FilterError::new("The expression cannot be read", None)))?;
        let uses = VARIABLES.map(|name| expression.contains(name));
        Ok(Self { compiled: Arc::new(compiled), uses, paths: paths_of(expression) })
    }

    /// What it says of a record whose decoded text this is.
    pub(super) fn judge(&self, record: &Record, text: &str) -> Result<Verdict, FilterError> {
        let steps = STEPS_PER_BYTE.saturating_mul(text.len() as u64).saturating_add(STEPS_LEAST).min(STEPS_MOST);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            meter::begin(steps);
            let variables = self.variables(record);
            let run = Run { lut: &self.compiled.lut, stack_base: stack_address() };
            let mut verdict = Verdict::Miss;
            for input in inputs(record, text) {
                match input.map_or(Verdict::Failed, |input| self.try_value(run, &variables, input)) {
                    Verdict::Miss => {}
                    Verdict::Match => return Verdict::Match,
                    other => verdict = other,
                }
            }
            verdict
        }));
        outcome.map_err(|reason| beyond(&*reason, steps))
    }

    fn try_value(&self, run: Run<'_>, variables: &[Val], input: Val) -> Verdict {
        let ctx = Ctx::<Bounded>::new(run, Vars::new(variables.iter().cloned().map(Value)));
        for output in self.compiled.id.run((ctx, Value(input))).take(OUTPUTS_MAX) {
            match output {
                Ok(value) if value.as_bool() => return Verdict::Match,
                Ok(_) => {}
                Err(_) => return Verdict::Failed,
            }
        }
        Verdict::Miss
    }

    /// The values of [`VARIABLES`]; those that the expression does not name are null.
    fn variables(&self, record: &Record) -> Vec<Val> {
        let value = |name: &str| match name {
            "$key" => string(record.partition_key.as_str()),
            "$shard" => string(record.shard_id.as_str()),
            "$sequence" => string(record.sequence_number.as_str()),
            "$sub" => record.sub_sequence.map_or(Val::Null, |(place, _)| Val::from(place as usize)),
            "$arrival" => record.approximate_arrival.map_or(Val::Null, |at| Val::from(at.0 as f64 / 1_000.0)),
            "$size" => Val::from(record.size_bytes()),
            _ => record.decoded.steps.iter().copied().map(|step: Step| string(step.label())).collect(),
        };
        VARIABLES.iter().zip(self.uses).map(|(name, is_used)| if is_used { value(name) } else { Val::Null }).collect()
    }

    /// Whether it names this path, written as jq writes it.
    pub(super) fn names_path(&self, path: &str) -> bool {
        self.paths.iter().any(|named| named == path)
    }
}

fn string(text: &str) -> Val {
    Val::utf8_str(text.as_bytes().to_vec())
}

/// The values of a record; `None` for one that cannot be read.
fn inputs<'a>(record: &Record, text: &'a str) -> Box<dyn Iterator<Item = Option<Val>> + 'a> {
    if natives::has_endless_number(text.as_bytes()) {
        Box::new(std::iter::once(None))
    } else if record.decoded.is_json() {
        Box::new(std::iter::once(read::parse_single(text.as_bytes()).ok()))
    } else if record.decoded.is_ndjson() {
        Box::new(read::parse_many(text.as_bytes()).map(Result::ok))
    } else {
        Box::new(std::iter::once(Some(string(text))))
    }
}

fn beyond(reason: &(dyn Any + Send), steps: u64) -> FilterError {
    let what = match reason.downcast_ref::<Beyond>() {
        Some(Beyond::Steps) => {
            let steps = crate::model::format::grouped(i64::try_from(steps).unwrap_or(i64::MAX));
            format!("The expression does not end: stopped after {steps} steps on one record")
        }
        Some(Beyond::Memory) => {
            format!("The expression needs more than {} MiB for one record: stopped", BYTES_MOST / 1_048_576)
        }
        Some(Beyond::Stack) => "The expression calls itself too deep: stopped".to_owned(),
        None => "The expression cannot be evaluated: jaq stopped".to_owned(),
    };
    FilterError::new(what, None)
}

fn compiled(expression: &str) -> Result<jaq_core::Filter<Bounded>, FilterError> {
    let own = [RANGE, natives::DEFINITIONS].into_iter().flat_map(|defs| parse(defs, |p| p.defs()).unwrap_or_default());
    let defs = own.chain(jaq_core::defs()).chain(jaq_std::defs()).chain(jaq_json::defs());
    let library = jaq_core::funs().filter(|(name, ..)| *name != "range").chain(jaq_std::funs());
    let library = library.map(|(name, arguments, run)| (natives::renamed(name), arguments, run));
    let funs = library.chain(natives::functions());
    let arena = Arena::default();
    let modules = Loader::new(defs)
        .load(&arena, File { code: expression, path: () })
        .map_err(|errors| load_error(expression, errors.into_iter().map(|(_, error)| error)))?;
    Compiler::default().with_funs(funs).with_global_vars(VARIABLES).compile(modules).map_err(|errors| {
        let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
        let Some((name, undefined)) = first else { return FilterError::new("The expression cannot be used", None) };
        FilterError::new(undefined_words(name, &undefined), place(expression, name))
    })
}

fn undefined_words(name: &str, undefined: &compile::Undefined) -> String {
    match undefined {
        compile::Undefined::Filter(arity) => {
            let arguments = crate::model::format::counted(*arity, "argument");
            format!("There is no filter {name} with {arguments}")
        }
        compile::Undefined::Var => format!("There is no variable {name}; there are {}", VARIABLES.join(", ")),
        other => format!("There is no {} {name}", other.as_str()),
    }
}

fn load_error<'a>(expression: &str, mut errors: impl Iterator<Item = LoadError<&'a str>>) -> FilterError {
    let first = match errors.next() {
        Some(LoadError::Lex(errors)) => {
            // What was found is all that is left of the expression; its first character says enough.
            errors.into_iter().next().map(|(expected, rest)| {
                let length = rest.chars().next().map_or(0, char::len_utf8);
                (expected.as_str().to_owned(), rest.get(..length).unwrap_or_default())
            })
        }
        Some(LoadError::Parse(errors)) => {
            errors.into_iter().next().map(|(expected, found)| (expected.as_str().to_owned(), found))
        }
        _ => return FilterError::new("Modules cannot be loaded here", None),
    };
    let Some((expected, found)) = first else { return FilterError::new("The expression cannot be read", None) };
    let words = if found.is_empty() { "the end" } else { found };
    FilterError::new(format!("Expected {expected}, found {words}"), place(expression, found))
}

/// Where a part of the expression stands; `None` where it is a part of something else.
fn place(expression: &str, part: &str) -> Option<Range<usize>> {
    let range = expression.as_bytes().as_ptr_range();
    let is_inside = range.start <= part.as_ptr() && part.as_bytes().as_ptr_range().end <= range.end;
    is_inside.then(|| span(expression, part))
}

/// The paths that an expression names outside strings, `.cart.total`, `.items[0]`, as written.
fn paths_of(expression: &str) -> Vec<String> {
    let bytes = expression.as_bytes();
    let mut paths = Vec::new();
    let (mut at, mut in_string) = (0, false);
    while let Some(byte) = bytes.get(at) {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let begins =
            *byte == b'.' && !before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b')'));
        if *byte == b'\\' {
            at += 2;
            continue;
        }
        if *byte == b'"' {
            in_string = !in_string;
        } else if begins && !in_string {
            let rest = bytes.get(at..).unwrap_or_default();
            let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'[' | b']');
            let length = rest.iter().position(|b| !is_part(b)).unwrap_or(rest.len());
            let mut path = expression.get(at..at + length).unwrap_or_default();
            while let Some(shorter) = path.strip_suffix("[]").or_else(|| path.strip_suffix(['.', '['])) {
                path = shorter;
            }
            if path.len() > 1 {
                paths.push(path.to_owned());
            }
            at += length.max(1);
            continue;
        }
        at += 1;
    }
    paths
}
