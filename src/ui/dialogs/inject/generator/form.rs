//! What is typed and chosen for a load, the plan it stands for, and what that plan would do. Pure.

use crate::model::generator::keys::{KeyPlan, KeyStrategy, Keys};
use crate::model::generator::predict::Prediction;
use crate::model::generator::schedule::{Rate, Schedule, Until};
use crate::model::generator::{BusyShard, GeneratorSpec, Stops};
use crate::model::template::{BUILT_IN, Look};
use crate::model::wrap::Wrap;
use crate::ui::dialogs::inject::templates::{Picked, TemplateChoice};

/// The key strategies, in the order they are offered.
pub(super) const STRATEGIES: [&str; 4] = ["Uniform", "Zipf", "One hot key", "Random UUID"];
/// The caps, in the order they are offered.
pub(super) const CAPS: [(&str, Option<f64>); 4] =
    [("50 %", Some(0.5)), ("70 %", Some(0.7)), ("80 %", Some(0.8)), ("off", None)];
/// What a length is given in.
pub(super) const LENGTHS: [&str; 3] = ["min", "s", "records"];
const MIB: f64 = 1_048_576.0;
/// Highest rate that can be asked for, in records a second: what a thousand shards take.
const MOST_PER_SEC: f64 = 1_000_000.0;

/// What is typed and chosen.
#[derive(Debug)]
pub(in crate::ui::dialogs::inject) struct GeneratorForm {
    pub(super) choice: TemplateChoice,
    pub(super) text: String,
    pub(super) records_per_sec: String,
    pub(super) mib_per_sec: String,
    /// The rate in bytes is the one that was typed.
    pub(super) leads_bytes: bool,
    pub(super) length: String,
    pub(super) length_in: usize,
    pub(super) ramp: String,
    pub(super) strategy: usize,
    pub(super) pattern: String,
    pub(super) keys: String,
    pub(super) skew: String,
    pub(super) hot_percent: String,
    pub(super) seed: String,
    pub(super) cap: usize,
    pub(super) throttles: String,
    pub(super) failed_percent: String,
    pub(super) is_gzip: bool,
    pub(in crate::ui::dialogs::inject) typed_name: String,
    plan: Option<Planned>,
}

impl Default for GeneratorForm {
    fn default() -> Self {
        let [first, ..] = BUILT_IN;
        Self {
            choice: TemplateChoice::named(first.name),
            text: first.text.to_owned(),
            records_per_sec: "100".to_owned(),
            mib_per_sec: String::new(),
            leads_bytes: false,
            length: "5".to_owned(),
            length_in: 0,
            ramp: "30".to_owned(),
            strategy: 1,
            pattern: first.key.to_owned(),
            keys: "2000".to_owned(),
            skew: "1.1".to_owned(),
            hot_percent: "20".to_owned(),
            seed: "1".to_owned(),
            cap: 1,
            throttles: "20".to_owned(),
            failed_percent: "1".to_owned(),
            is_gzip: false,
            typed_name: String::new(),
            plan: None,
        }
    }
}

/// A plan with what it would do, kept as long as nothing of it changes.
#[derive(Debug)]
struct Planned {
    of: (KeyPlan, u64, u64, Vec<BusyShard>),
    keys: Result<Keys, String>,
    prediction: Option<Prediction>,
}

fn number(text: &str) -> Option<f64> {
    text.trim().replace([',', ' '], "").parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}

fn whole(text: &str, name: &str) -> Result<u32, String> {
    text.trim().replace([',', ' '], "").parse().map_err(|_| format!("{name}: give a whole number."))
}

/// As few digits as say it: `1.84`, `0.012`.
fn short(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 1.0 {
        2
    } else {
        4
    };
    format!("{value:.digits$}")
}

impl GeneratorForm {
    /// Opened again: the name of the stream has to be typed anew.
    pub(in crate::ui::dialogs::inject) fn reopened(self) -> Self {
        Self { typed_name: String::new(), ..self }
    }

    /// Takes a template in, with the keys that fit it.
    pub(super) fn take(&mut self, picked: Picked) {
        self.text = picked.text;
        self.is_gzip = picked.is_gzip;
        if let Some(key) = picked.key {
            key.clone_into(&mut self.pattern);
        }
    }

    /// The mean size of a record with its key, by a look at the template.
    fn record_bytes(&self, look: &Look) -> f64 {
        look.mean_bytes + self.pattern.len() as f64
    }

    /// Brings the rate that was not typed into line with the one that was.
    pub(super) fn tie(&mut self, look: Option<&Look>) {
        let Some(bytes) = look.map(|look| self.record_bytes(look)) else { return };
        if self.leads_bytes {
            let rate = number(&self.mib_per_sec).map(|mib| mib * MIB / bytes.max(1.0));
            self.records_per_sec = rate.map(short).unwrap_or_default();
        } else {
            let rate = number(&self.records_per_sec).map(|records| records * bytes / MIB);
            self.mib_per_sec = rate.map(short).unwrap_or_default();
        }
    }

    pub(super) fn key_plan(&self) -> Result<KeyPlan, String> {
        let share = || number(&self.hot_percent).map(|percent| percent / 100.0);
        let strategy = match self.strategy {
            0 => KeyStrategy::Uniform,
            1 => KeyStrategy::Zipf { skew: number(&self.skew).ok_or("Skew: give a number of 0 to 5.")? },
            2 => KeyStrategy::Hot { share: share().ok_or("Hot key: give a share of 0 to 100 %.")? },
            _ => KeyStrategy::Random,
        };
        let keys = if strategy == KeyStrategy::Random { 1 } else { whole(&self.keys, "Keys")? };
        Ok(KeyPlan { strategy, pattern: self.pattern.clone(), keys })
    }

    pub(super) fn rate(&self) -> Result<Rate, String> {
        let rate = if self.leads_bytes {
            number(&self.mib_per_sec).map(|mib| Rate::Bytes(mib * MIB))
        } else {
            number(&self.records_per_sec).map(Rate::Records)
        };
        let rate = rate.filter(|rate| rate.per_sec() > 0.0).ok_or("Rate: give a number above 0.")?;
        let is_beyond = number(&self.records_per_sec).is_none_or(|records| records > MOST_PER_SEC);
        if is_beyond { Err("Rate: at most 1,000,000 records a second.".to_owned()) } else { Ok(rate) }
    }

    fn until(&self) -> Result<Until, String> {
        if self.length_in == 2 {
            let count: u64 = self.length.trim().replace([',', ' '], "").parse().unwrap_or_default();
            return if count > 0 { Ok(Until::Records(count)) } else { Err("Count: give a number above 0.".to_owned()) };
        }
        let unit = if self.length_in == 0 { 60.0 } else { 1.0 };
        let seconds = number(&self.length).map(|length| length * unit).filter(|seconds| *seconds >= 1.0);
        let seconds = seconds.ok_or("Duration: give at least a second.")?;
        if seconds > 86_400.0 {
            return Err("Duration: at most 24 hours.".to_owned());
        }
        Ok(Until::Seconds(seconds as u32))
    }

    pub(super) fn cap(&self) -> Option<f64> {
        CAPS.get(self.cap).and_then(|(_, cap)| *cap)
    }

    /// The whole plan, or what is wrong with it.
    pub(super) fn spec(&self) -> Result<GeneratorSpec, String> {
        let optional = |text: &str, name: &str| match text.trim() {
            "" => Ok(None),
            text => number(text).map(Some).ok_or_else(|| format!("{name}: give a number, or nothing.")),
        };
        let stops = Stops {
            cap: self.cap(),
            throttled_per_sec: optional(&self.throttles, "Throttles")?.map(|most| most as u32),
            failed_share: optional(&self.failed_percent, "Failed")?.map(|percent| percent / 100.0),
        };
        let seed = self.seed.trim().parse().map_err(|_| "Seed: give a whole number.".to_owned())?;
        let schedule =
            Schedule { rate: self.rate()?, ramp_seconds: whole(&self.ramp, "Ramp up")?, until: self.until()? };
        let wrap = if self.is_gzip { Wrap::Gzip } else { Wrap::Plain };
        Ok(GeneratorSpec { template: self.text.clone(), keys: self.key_plan()?, schedule, seed, stops, wrap })
    }

    /// Works out what the plan would do, where something of it has changed.
    pub(super) fn plan(&mut self, look: Option<&Look>, shards: &[BusyShard]) {
        let (Ok(keys), Some(look), Ok(rate)) = (self.key_plan(), look, self.rate()) else {
            self.plan = None;
            return;
        };
        let bytes = self.record_bytes(look);
        let records = rate.records_per_sec(bytes);
        let is_same = self.plan.as_ref().is_some_and(|plan| {
            let (of, at, size, on) = &plan.of;
            *of == keys && (*at, *size) == (records.to_bits(), bytes.to_bits()) && on == shards
        });
        if !is_same {
            let checked = Keys::new(&keys);
            let prediction = checked.as_ref().ok().map(|keys| Prediction::new(shards, keys, records, bytes));
            let of = (keys, records.to_bits(), bytes.to_bits(), shards.to_vec());
            self.plan = Some(Planned { of, keys: checked, prediction });
        }
    }

    pub(super) fn prediction(&self) -> Option<&Prediction> {
        self.plan.as_ref().and_then(|plan| plan.prediction.as_ref())
    }

    /// The keys, or what is wrong with them.
    pub(super) fn checked_keys(&self) -> Option<Result<&Keys, &str>> {
        self.plan.as_ref().map(|plan| plan.keys.as_ref().map_err(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> Look {
        Look { placeholders: 1, least_bytes: 1_000, most_bytes: 1_000, mean_bytes: 1_008.0, not_json: None }
    }

    #[test]
    fn both_rates_are_tied_by_the_size_of_a_record() {
        let mut form = GeneratorForm { pattern: "k".repeat(16), ..GeneratorForm::default() };
        form.records_per_sec = "1,024".to_owned();
        form.tie(Some(&look()));
        assert_eq!((form.mib_per_sec.as_str(), form.rate()), ("1.00", Ok(Rate::Records(1_024.0))));
        (form.leads_bytes, form.mib_per_sec) = (true, "2".to_owned());
        form.tie(Some(&look()));
        assert_eq!((form.records_per_sec.as_str(), form.rate()), ("2048", Ok(Rate::Bytes(2_097_152.0))));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let fault = |change: fn(&mut GeneratorForm)| {
            let mut form = GeneratorForm::default();
            change(&mut form);
            form.spec().expect_err("is refused")
        };
        assert!(fault(|form| form.records_per_sec = "-3".to_owned()).starts_with("Rate"));
        assert!(fault(|form| form.records_per_sec = "2000000".to_owned()).starts_with("Rate"));
        assert!(fault(|form| form.length = "0".to_owned()).starts_with("Duration"));
        assert!(fault(|form| form.length = "2000".to_owned()).starts_with("Duration"));
        assert!(fault(|form| form.seed = "x".to_owned()).starts_with("Seed"));
        assert!(fault(|form| form.keys = "many".to_owned()).starts_with("Keys"));
        assert!(fault(|form| form.throttles = "some".to_owned()).starts_with("Throttles"));
        assert!(GeneratorForm::default().spec().is_ok());
    }
}
