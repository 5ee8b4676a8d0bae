//! The values that jq runs on: those of jaq, each operation of which says to the [`meter`] what it takes before it takes it.
//!
//! What does not fit together fails with a sentence of its own: that of jaq would print the values, however long they are.

use std::fmt::{self, Write};
use std::ops::{Add, Div, Mul, Neg, Range, Rem, Sub};

use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::path::Opt;
use jaq_core::{Error, Exn, ValR, ValT, ValX};
use jaq_json::{Num, Rc, Val};

use super::meter;

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Value(pub(super) Val);

pub(super) type Outcome<T = Value> = ValR<T, Value>;

/// A failure in words that jq can catch.
pub(super) fn failed<T>(words: &str) -> Outcome<T> {
    Err(Error::str(words))
}

fn inner<T>(outcome: Result<T, jaq_json::Error>, words: &str) -> Outcome<T> {
    outcome.or_else(|_| failed(words))
}

const NO_ITEMS: &str = "only an array or an object has items";
const NO_INDEX: &str = "the value has no such index";
const NO_SLICE: &str = "only an array or a text can be cut";

/// Whether a container is held by nobody else, so that it is changed without a copy.
fn is_alone<T>(value: &Rc<T>) -> bool {
    Rc::strong_count(value) == 1
}

/// Counts the copy that a change of a shared container makes.
fn count_copy(value: &Val) {
    match value {
        Val::Arr(values) if !is_alone(values) => meter::copy_of(values.iter()),
        Val::Obj(entries) if !is_alone(entries) => {
            meter::object(entries.len());
            meter::copy_of(entries.values());
        }
        _ => {}
    }
}

/// Counts looking for a key; most are short texts.
fn count_key(key: &Val) {
    meter::steps(meter::walk(key) / 16);
}

impl ValT for Value {
    fn from_num(number: &str) -> Outcome {
        inner(Val::from_num(number), "no number").map(Self)
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(entries: I) -> Outcome {
        let counted = entries.into_iter().map(|(key, value)| {
            count_key(&key.0);
            meter::object(1);
            (key.0, value.0)
        });
        Ok(Self(Val::obj(counted.collect())))
    }

    fn key_values(self) -> BoxIter<'static, ValR<(Self, Self), Self>> {
        count_items(&self.0);
        Box::new(self.0.key_values().map(|item| inner(item.map(|(key, value)| (Self(key), Self(value))), NO_ITEMS)))
    }

    fn values(self) -> Box<dyn Iterator<Item = Outcome>> {
        count_items(&self.0);
        match self.0 {
            Val::Arr(_) | Val::Obj(_) => Box::new(self.0.values().map(|item| inner(item.map(Self), NO_ITEMS))),
            _ => box_once(failed(NO_ITEMS)),
        }
    }

    fn index(self, index: &Self) -> Outcome {
        match (&self.0, &index.0) {
            // The places where one array lies in the other.
            (Val::Arr(whole), Val::Arr(part)) => {
                let part = meter::walk(&index.0).max(part.len() as u64);
                meter::steps((whole.len() as u64).saturating_mul(part) / 16);
                meter::array(whole.len());
            }
            (Val::Arr(_) | Val::BStr(_) | Val::TStr(_), Val::Obj(_)) => count_slice(&self.0),
            (_, key) => count_key(key),
        }
        inner(self.0.index(&index.0), NO_INDEX).map(Self)
    }

    fn range(self, range: Range<Option<&Self>>) -> Outcome {
        count_slice(&self.0);
        inner(self.0.range(range.start.map(|at| &at.0)..range.end.map(|at| &at.0)), NO_SLICE).map(Self)
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(self, opt: Opt, f: impl Fn(Self) -> I) -> ValX<'a, Self> {
        count_items(&self.0);
        match self.0 {
            Val::Arr(values) => {
                let values = Rc::try_unwrap(values).unwrap_or_else(|shared| (*shared).clone());
                values.into_iter().flat_map(|value| f(Self(value))).collect()
            }
            Val::Obj(entries) => {
                let entries = Rc::try_unwrap(entries).unwrap_or_else(|shared| (*shared).clone());
                let mapped = entries.into_iter().filter_map(|(key, value)| {
                    let first = f(Self(value)).next()?;
                    Some(first.map(|value| (key, value.0)))
                });
                Ok(Self(Val::obj(mapped.collect::<Result<_, Exn<'a, Self>>>()?)))
            }
            other => opt.fail(Self(other), |_| Exn::from(Error::str(NO_ITEMS))),
        }
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        mut self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        if let (Val::BStr(_) | Val::TStr(_) | Val::Arr(_), Val::Obj(bounds)) = (&self.0, &index.0) {
            let bound = |name: &str| bounds.get(&Val::from(name.to_owned())).cloned().map(Self);
            let (start, end) = (bound("start"), bound("end"));
            return self.map_range(start.as_ref()..end.as_ref(), opt, f);
        }
        count_copy(&self.0);
        count_key(&index.0);
        match &mut self.0 {
            Val::Obj(entries) => {
                let entries = Rc::make_mut(entries);
                let old = entries.get_mut(&index.0).map(std::mem::take);
                match f(Self(old.unwrap_or_default())).next().transpose()? {
                    Some(value) => {
                        meter::object(1);
                        entries.insert(index.0.clone(), value.0);
                    }
                    None => {
                        meter::steps(entries.len() as u64 / 16);
                        entries.shift_remove(&index.0);
                    }
                }
                Ok(self)
            }
            Val::Arr(values) => {
                let Some(at) = place(&index.0, values.len()) else {
                    return opt.fail(self, |_| Exn::from(Error::str(NO_INDEX)));
                };
                let values = Rc::make_mut(values);
                let Some(old) = values.get_mut(at) else { return Ok(self) };
                match f(Self(std::mem::take(old))).next().transpose()? {
                    Some(value) => *old = value.0,
                    None => {
                        meter::steps(values.len() as u64 / 16);
                        values.remove(at);
                    }
                }
                Ok(self)
            }
            _ => opt.fail(self, |_| Exn::from(Error::str(NO_INDEX))),
        }
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: Range<Option<&Self>>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        // What is before it, what becomes of it, and what is behind it.
        let Ok(part) = self.clone().range(range.clone()) else {
            return opt.fail(self, |_| Exn::from(Error::str(NO_SLICE)));
        };
        let start = match range.start {
            None | Some(Self(Val::Null)) => Self::from(0_usize),
            Some(start) => start.clone(),
        };
        let head = self.clone().range(None..Some(&start)).map_err(Exn::from)?;
        let behind = Self::from(size(&head.0) + size(&part.0));
        let rest = self.range(Some(&behind)..None).map_err(Exn::from)?;
        match f(part).next().transpose()? {
            Some(new) => ((head + new).map_err(Exn::from)? + rest).map_err(Exn::from),
            None => (head + rest).map_err(Exn::from),
        }
    }

    fn as_bool(&self) -> bool {
        self.0.as_bool()
    }

    fn into_string(self) -> Self {
        match self.0 {
            Val::BStr(text) | Val::TStr(text) => Self(Val::TStr(text)),
            other => printed(&other),
        }
    }
}

/// A value as JSON.
pub(super) fn printed(value: &Val) -> Value {
    let mut text = Counted(String::new());
    // Nothing that is written to fails.
    let _ = write!(text, "{}", Value(value.clone()));
    Value(Val::from(text.0))
}

/// A text that grows no further than it may.
struct Counted(String);

impl Write for Counted {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        meter::bytes(piece.len() as u64);
        self.0.push_str(piece);
        Ok(())
    }
}

/// Items of an array, entries of an object, characters of a text.
fn size(value: &Val) -> usize {
    match value {
        Val::Arr(values) => values.len(),
        Val::Obj(entries) => entries.len(),
        Val::BStr(bytes) => bytes.len(),
        Val::TStr(text) => String::from_utf8_lossy(text).chars().count(),
        _ => 0,
    }
}

/// Where an index, from the front or from the back, lies in an array of this length.
fn place(index: &Val, length: usize) -> Option<usize> {
    let Val::Num(index) = index else { return None };
    let index = index.as_isize()?;
    let at = if index < 0 { length.checked_sub(index.unsigned_abs())? } else { index.unsigned_abs() };
    (at < length).then_some(at)
}

fn count_items(value: &Val) {
    meter::steps(1);
    count_copy(value);
}

fn count_slice(value: &Val) {
    match value {
        // All of it, whatever the slice: its ends are not read here.
        Val::Arr(values) => meter::copy_of(values.iter()),
        Val::BStr(text) | Val::TStr(text) => {
            meter::string(0);
            meter::steps(text.len() as u64 / 64);
        }
        _ => {}
    }
}

impl jaq_std::ValT for Value {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        match self.0 {
            Val::Arr(values) => {
                meter::copy_of(values.iter());
                Ok(match Rc::try_unwrap(values) {
                    Ok(values) => values.into_iter().map(Self).collect(),
                    Err(shared) => shared.iter().cloned().map(Self).collect(),
                })
            }
            other => Err(Self(other)),
        }
    }

    fn is_int(&self) -> bool {
        self.0.is_int()
    }

    fn as_isize(&self) -> Option<isize> {
        self.0.as_isize()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn is_utf8_str(&self) -> bool {
        self.0.is_utf8_str()
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        let bytes = jaq_std::ValT::as_bytes(&self.0)?;
        meter::steps(bytes.len() as u64 / 256);
        Some(bytes)
    }

    fn as_sub_str(&self, part: &[u8]) -> Self {
        meter::string(0);
        Self(self.0.as_sub_str(part))
    }

    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        meter::string(bytes.as_ref().len());
        Self(Val::from_utf8_bytes(bytes))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Numbers of any length are printed in the square of their length.
        meter::steps(match &self.0 {
            Val::Num(number) => meter::limbs(number).saturating_mul(meter::limbs(number)) / 64,
            other => meter::walk(other) / 16,
        });
        fmt::Display::fmt(&self.0, f)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self(Val::from(value))
    }
}

impl From<isize> for Value {
    fn from(value: isize) -> Self {
        Self(Val::from(value))
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self(Val::from(value))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self(Val::from(value))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        meter::string(value.len());
        Self(Val::from(value))
    }
}

impl From<Range<Option<Self>>> for Value {
    fn from(range: Range<Option<Self>>) -> Self {
        meter::object(2);
        Self(Val::from(range.start.map(|at| at.0)..range.end.map(|at| at.0)))
    }
}

impl FromIterator<Self> for Value {
    fn from_iter<T: IntoIterator<Item = Self>>(values: T) -> Self {
        let counted = values.into_iter().map(|value| {
            meter::array(1);
            value.0
        });
        Self(counted.collect())
    }
}

impl Add for Value {
    type Output = Outcome;

    fn add(self, other: Self) -> Outcome {
        match (&self.0, &other.0) {
            (Val::TStr(text), Val::TStr(more)) | (Val::BStr(text), Val::BStr(more)) => {
                meter::string(more.len() + if text.is_unique() { 0 } else { text.len() });
            }
            (Val::Arr(_), Val::Arr(more)) => {
                // A copy is as long as it was, and grows to twice that for the first value more.
                count_copy(&self.0);
                count_copy(&self.0);
                meter::copy_of(more.iter());
            }
            (Val::Obj(_), Val::Obj(more)) => {
                count_copy(&self.0);
                meter::object(more.len());
                meter::copy_of(more.values());
                more.keys().for_each(count_key);
            }
            (Val::Num(one), Val::Num(two)) => count_number(meter::limbs(one) + meter::limbs(two)),
            _ => {}
        }
        inner(self.0 + other.0, "the values cannot be added").map(Self)
    }
}

fn count_number(limbs: u64) {
    if limbs > 2 {
        meter::bytes(limbs.saturating_mul(8));
        meter::steps(limbs / 16);
    }
}

impl Sub for Value {
    type Output = Outcome;

    fn sub(self, other: Self) -> Outcome {
        match (&self.0, &other.0) {
            (Val::Arr(_), Val::Arr(less)) => {
                count_copy(&self.0);
                meter::array(3 * less.len());
                let met = meter::walk(&self.0).saturating_add(meter::walk(&other.0));
                meter::steps(met.saturating_mul(u64::from(less.len().max(1).ilog2())) / 16);
            }
            (Val::Num(one), Val::Num(two)) => count_number(meter::limbs(one) + meter::limbs(two)),
            _ => {}
        }
        inner(self.0 - other.0, "the values cannot be subtracted").map(Self)
    }
}

impl Mul for Value {
    type Output = Outcome;

    fn mul(self, other: Self) -> Outcome {
        match (&self.0, &other.0) {
            (Val::TStr(text) | Val::BStr(text), Val::Num(times))
            | (Val::Num(times), Val::TStr(text) | Val::BStr(text)) => {
                let times = match times {
                    Num::BigInt(_) => usize::MAX,
                    times => times.as_isize().map_or(0, |times| times.max(0).unsigned_abs()),
                };
                meter::string(text.len().saturating_mul(times));
            }
            (Val::Obj(_), Val::Obj(_)) => {
                // What is shared is copied where it is merged.
                meter::object(usize::try_from(meter::walk(&other.0)).unwrap_or(usize::MAX));
                count_copy(&self.0);
            }
            (Val::Num(one), Val::Num(two)) => count_product(one, two),
            _ => {}
        }
        inner(self.0 * other.0, "the values cannot be multiplied").map(Self)
    }
}

/// Counts what a product, a quotient or a rest takes.
fn count_product(one: &Num, two: &Num) {
    let (one, two) = (meter::limbs(one), meter::limbs(two));
    count_number(one + two);
    if one + two > 2 {
        meter::steps(one.saturating_mul(two));
    }
}

impl Div for Value {
    type Output = Outcome;

    fn div(self, other: Self) -> Outcome {
        match (&self.0, &other.0) {
            (Val::TStr(text), Val::TStr(by)) | (Val::BStr(text), Val::BStr(by)) => {
                meter::steps(text.len() as u64 / 64);
                let pieces =
                    if by.is_empty() { text.len() } else { memchr::memmem::find_iter(text, &by[..]).count() + 1 };
                meter::array(4 * pieces);
            }
            (Val::Num(one), Val::Num(two)) => count_product(one, two),
            _ => {}
        }
        inner(self.0 / other.0, "the values cannot be divided").map(Self)
    }
}

impl Rem for Value {
    type Output = Outcome;

    fn rem(self, other: Self) -> Outcome {
        if let (Val::Num(one), Val::Num(two)) = (&self.0, &other.0) {
            count_product(one, two);
        }
        inner(self.0 % other.0, "there is no rest of these values").map(Self)
    }
}

impl Neg for Value {
    type Output = Outcome;

    fn neg(self) -> Outcome {
        if let Val::Num(number) = &self.0 {
            count_number(meter::limbs(number));
        }
        inner(-self.0, "only a number can be negated").map(Self)
    }
}
