//! How values of jq compare: as those of jaq do, each comparison counted by the length of what is compared.

use std::cmp::Ordering;

use jaq_json::Val;

use super::meter;
use super::value::Value;

/// Counts a comparison.
fn count_both(one: &Val, two: &Val) {
    if let (Val::Arr(_), Val::Arr(_)) | (Val::Obj(_), Val::Obj(_)) = (one, two) {
        let (one, two) = (meter::walk(one), meter::walk(two));
        meter::steps(one.max(two) / 16);
    } else if let (Val::TStr(text) | Val::BStr(text), Val::TStr(_) | Val::BStr(_)) = (one, two) {
        meter::steps(text.len() as u64 / 256);
    } else if let (Val::Num(one), Val::Num(two)) = (one, two) {
        meter::steps((meter::limbs(one) + meter::limbs(two)) / 16);
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        count_both(&self.0, &other.0);
        self.0 == other.0
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        count_both(&self.0, &other.0);
        self.0.cmp(&other.0)
    }
}
