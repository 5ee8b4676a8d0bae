//! What the program remembers between starts. Holds no secret and no record.

use std::collections::BTreeMap;

use super::connection::Environment;
use super::filter::FilterSpec;
use super::heat_thresholds::HeatThresholds;
use super::template::{OWN_MAX, OwnTemplate};

/// Most saved filters; the oldest leave.
const FILTERS_MAX: usize = 50;
/// Most masking rules.
const MASKS_MAX: usize = 200;

/// Caps of the tail's buffer to choose from, in MiB; a settings file may hold any from 16 to 4,096.
pub const TAIL_BUFFERS_MIB: [u32; 5] = [64, 256, 512, 1_024, 4_096];

/// Pauses between two refreshes to choose from, in seconds; a settings file may hold any from 10 to 3,600.
pub const REFRESH_SECONDS: [u32; 5] = [30, 60, 120, 300, 900];

/// Sizes of the interface to choose from, in percent.
pub const ZOOMS_PERCENT: [u32; 5] = [80, 90, 100, 125, 150];

/// `256 MiB`, `4 GiB`.
pub fn buffer_label(mib: u32) -> String {
    if mib >= 1_024 && mib.is_multiple_of(1_024) { format!("{} GiB", mib / 1_024) } else { format!("{mib} MiB") }
}

/// How the tail shows records.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct TailSettings {
    /// Filters that were saved, the newest first.
    pub filters: Vec<FilterSpec>,
    /// Fields whose values are never shown, copied or exported; see [`super::mask::Masks`].
    pub masks: Vec<String>,
    /// Times in the zone of this machine instead of UTC.
    pub is_local_time: bool,
    /// Columns that are not shown.
    pub hidden_columns: Vec<String>,
    /// Widths of columns that were dragged, in points.
    pub column_widths: BTreeMap<String, f32>,
}

impl TailSettings {
    /// Remembers a filter as the newest one.
    pub fn save_filter(&mut self, spec: FilterSpec) {
        self.filters.retain(|saved| *saved != spec);
        self.filters.insert(0, spec);
    }

    fn clamped(mut self) -> Self {
        self.filters.truncate(FILTERS_MAX);
        self.masks.truncate(MASKS_MAX);
        self.column_widths.retain(|_, width| width.is_finite());
        self.column_widths.values_mut().for_each(|width| *width = width.clamp(36.0, 800.0));
        self
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// Dark.
    #[default]
    Dark,
    /// Light.
    Light,
}

/// All settings. A field that a file lacks takes its default; a field that this version does not know is dropped.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Theme.
    pub theme: ThemeChoice,
    /// Size of the interface, 1.0 is normal.
    pub zoom: f32,
    /// The environment that a person chose for a profile or an endpoint, by connection label.
    pub environments: BTreeMap<String, Environment>,
    /// The last Region used per profile.
    pub regions: BTreeMap<String, String>,
    /// The last endpoint typed by hand.
    pub last_endpoint: Option<String>,
    /// Seconds between two refreshes of the fleet.
    pub refresh_seconds: u32,
    /// Cap of the tail's buffer in MiB.
    pub tail_buffer_mib: u32,
    /// `GetRecords` calls a second and shard that the tail may use, 1 to 5.
    pub read_budget: u32,
    /// How the tail shows records.
    pub tail: TailSettings,
    /// Width of the rail in points.
    pub rail_width: f32,
    /// Size of the window in points.
    pub window_size: Option<(f32, f32)>,
    /// Where the heatmap's colours jump.
    pub heat_thresholds: HeatThresholds,
    /// Templates of records that were saved, the newest first.
    pub templates: Vec<OwnTemplate>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::Dark,
            zoom: 1.0,
            environments: BTreeMap::new(),
            regions: BTreeMap::new(),
            last_endpoint: None,
            refresh_seconds: 60,
            tail_buffer_mib: 256,
            read_budget: 1,
            tail: TailSettings::default(),
            rail_width: 224.0,
            window_size: None,
            heat_thresholds: HeatThresholds::default(),
            templates: Vec::new(),
        }
    }
}

impl Settings {
    /// Cap of the tail's buffer in bytes.
    pub fn tail_buffer_bytes(&self) -> usize {
        self.tail_buffer_mib as usize * 1_048_576
    }

    /// These settings with one change taken back: what differs between `before` and `after` is as it was before, and
    /// whatever was changed since stays. What only other places change, such as saved filters, is never touched.
    pub fn without(&self, before: &Self, after: &Self) -> Self {
        fn back<T: PartialEq + Clone>(now: &mut T, before: &T, after: &T) {
            if before != after {
                now.clone_from(before);
            }
        }
        let mut now = self.clone();
        back(&mut now.theme, &before.theme, &after.theme);
        back(&mut now.zoom, &before.zoom, &after.zoom);
        back(&mut now.refresh_seconds, &before.refresh_seconds, &after.refresh_seconds);
        back(&mut now.tail_buffer_mib, &before.tail_buffer_mib, &after.tail_buffer_mib);
        back(&mut now.read_budget, &before.read_budget, &after.read_budget);
        back(&mut now.heat_thresholds, &before.heat_thresholds, &after.heat_thresholds);
        back(&mut now.tail.is_local_time, &before.tail.is_local_time, &after.tail.is_local_time);
        let is_new = |rule: &String| after.tail.masks.contains(rule) && !before.tail.masks.contains(rule);
        now.tail.masks.retain(|rule| !is_new(rule));
        let gone = before.tail.masks.iter().filter(|rule| !after.tail.masks.contains(rule));
        let gone: Vec<String> = gone.filter(|rule| !now.tail.masks.contains(rule)).cloned().collect();
        now.tail.masks.extend(gone);
        for label in after.environments.keys().filter(|label| !before.environments.contains_key(*label)) {
            now.environments.remove(label);
        }
        let chosen = before.environments.iter().filter(|(label, one)| after.environments.get(*label) != Some(one));
        now.environments.extend(chosen.map(|(label, one)| (label.clone(), *one)));
        now
    }

    /// Brings every figure into its range, whatever a file said.
    pub fn clamped(mut self) -> Self {
        self.zoom = if self.zoom.is_finite() { self.zoom.clamp(0.6, 2.5) } else { 1.0 };
        self.refresh_seconds = self.refresh_seconds.clamp(10, 3_600);
        self.tail_buffer_mib = self.tail_buffer_mib.clamp(16, 4_096);
        self.heat_thresholds = self.heat_thresholds.clamped();
        self.read_budget = self.read_budget.clamp(1, 5);
        self.tail = self.tail.clamped();
        self.templates.truncate(OWN_MAX);
        self.window_size = self
            .window_size
            .filter(|(width, height)| (200.0..=20_000.0).contains(width) && (150.0..=20_000.0).contains(height));
        self.rail_width = if self.rail_width.is_finite() { self.rail_width.clamp(180.0, 320.0) } else { 224.0 };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_change_is_taken_back_and_what_came_since_stays() {
        let before = Settings::default();
        let mut after = before.clone();
        after.tail_buffer_mib = 512;
        after.tail.masks.push(".a".to_owned());
        after.environments.insert("ci".to_owned(), Environment::Prod);
        let mut now = after.clone();
        now.theme = ThemeChoice::Light;
        now.tail.masks.push(".b".to_owned());
        now.environments.insert("dev".to_owned(), Environment::Dev);
        now.tail.save_filter(FilterSpec::default());
        let undone = now.without(&before, &after);
        assert_eq!((undone.tail_buffer_mib, undone.theme), (256, ThemeChoice::Light));
        assert_eq!((undone.tail.masks.as_slice(), undone.tail.filters.len()), ([".b".to_owned()].as_slice(), 1));
        assert_eq!(undone.environments.keys().collect::<Vec<_>>(), ["dev"]);
        // The other way round, what was removed comes back.
        let again = undone.without(&after, &before);
        assert_eq!(again.tail.masks, [".b", ".a"]);
        assert_eq!(again.environments.get("ci"), Some(&Environment::Prod));
        assert_eq!(before.without(&before, &before), before);
    }

    #[test]
    fn a_file_of_another_version_still_reads() {
        let read: Settings = serde_json::from_str(r#"{"theme":"light","zoom":9.0,"future":1}"#).expect("reads");
        let read = read.clamped();
        assert_eq!(read.theme, ThemeChoice::Light);
        assert_eq!(read.zoom, 2.5);
        assert_eq!(read.refresh_seconds, 60);
    }
}
