//! The keys: which partition keys carry the load of a shard or the stream, where they land, and what salting would do.

mod landing;
mod prepared;
mod salting;
mod side;
mod table;
mod toolbar;

use std::sync::Arc;

use eframe::egui::{Key, Rect, ScrollArea, Stroke, Ui, pos2, vec2};

use crate::model::format;
use crate::model::ids::{PartitionKey, ShardId};
use crate::model::keys::{KeyScope, RankBy};
use crate::model::salt;
use crate::model::sample::StreamSample;
use crate::model::sample::state::{SampleRequest, SampleRun};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::region;
use crate::ui::theme::{self, icons};
use crate::ui::widgets::{self, ProblemAction};
use prepared::{Ranked, Salted};
use table::SortBy;

/// Width of the conclusions at the right.
const SIDE: f32 = 352.0;
/// Narrower than this, they are a drawer.
const WIDE: f32 = 900.0;
/// Least height of the table.
const LEAST_TABLE: f32 = 174.0;

/// What the view remembers.
#[derive(Debug)]
pub struct KeysState {
    is_whole_stream: bool,
    rank_by: RankBy,
    sort: SortBy,
    is_ascending: bool,
    selected: Option<PartitionKey>,
    suffix: String,
    salts: u32,
    is_drawer_open: bool,
    busiest: Busiest,
    ranked: Option<Ranked>,
    salted: Option<Salted>,
    order: table::Order,
}

impl Default for KeysState {
    fn default() -> Self {
        Self {
            is_whole_stream: false,
            rank_by: RankBy::Bytes,
            sort: SortBy::Share,
            is_ascending: false,
            selected: None,
            suffix: salt::DEFAULT_SUFFIX.to_owned(),
            salts: 4,
            is_drawer_open: false,
            busiest: Busiest::default(),
            ranked: None,
            salted: None,
            order: table::Order::default(),
        }
    }
}

impl KeysState {
    /// Shows the keys of the selected shard.
    pub fn show_shard(&mut self) {
        self.is_whole_stream = false;
        self.selected = None;
    }
}

/// Draws the view.
pub fn show(ui: &mut Ui, world: &World, state: &mut KeysState, selection: &mut Option<ShardId>, out: &mut Commands) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let Some(open) = &world.open else {
        widgets::empty(ui, icons::KEYS, "No stream is open", "Choose one at the left.", None);
        return;
    };
    let sample = open.sample.sample.clone().filter(|sample| !sample.is_empty());
    let shard = selection.clone().or_else(|| state.busiest.get(open, sample.as_ref()));
    if let Some(sample) = &sample {
        prepare(open, sample, state, shard.as_ref());
    }
    // Before the first sample there is nothing to choose from, and one button is enough.
    if sample.is_some() || open.sample.run.is_running() {
        toolbar::show(ui, world, open, state, shard.as_ref(), out);
    }
    if let SampleRun::Failed { problem, .. } = &open.sample.run {
        if widgets::problem(ui, "Sampling has stopped", problem, out) == ProblemAction::Retry {
            out.push(Command::StartSample(SampleRequest::whole_stream()));
        }
        widgets::hairline(ui);
    }
    if let Some(key) = &state.selected
        && widgets::take_key(ui, Key::C)
    {
        out.push(Command::Copy(key.to_string()));
    }
    let ranked = state.ranked.take().filter(|_| sample.is_some());
    match (&ranked, &sample) {
        (Some(ranked), Some(sample)) if !ranked.table.rows.is_empty() => content(ui, open, sample, ranked, state, out),
        (Some(ranked), Some(_)) => without_keys(ui, open, ranked, state, out),
        _ => without_sample(ui, world, open, out),
    }
    state.ranked = ranked;
}

/// The shard that is asked about while none is selected; looked for again only when an answer is replaced.
#[derive(Debug, Default)]
struct Busiest {
    made_from: Option<(usize, usize)>,
    shard: Option<ShardId>,
}

impl Busiest {
    fn get(&mut self, open: &OpenStream, sample: Option<&Arc<StreamSample>>) -> Option<ShardId> {
        let metrics = open.metrics.value.as_ref().map(|(metrics, _)| metrics);
        let made_from = Some((prepared::address(metrics), prepared::address(sample)));
        if self.made_from != made_from {
            let reported = metrics.and_then(|metrics| metrics.hottest_shard()).map(|(id, _)| id.clone());
            let counted = || sample?.shards().max_by_key(|(_, shard)| shard.bytes()).map(|(id, _)| id.clone());
            self.shard = reported.or_else(counted);
            self.made_from = made_from;
        }
        self.shard.clone()
    }
}

/// Works out what changed since the last frame, which is nothing in nearly all of them.
fn prepare(open: &OpenStream, sample: &Arc<StreamSample>, state: &mut KeysState, shard: Option<&ShardId>) {
    let scope = match shard {
        Some(shard) if !state.is_whole_stream => KeyScope::Shard(shard.clone()),
        _ => KeyScope::Stream,
    };
    let is_new = Ranked::update(&mut state.ranked, open, sample, &scope, state.rank_by);
    let Some(ranked) = &state.ranked else { return };
    if is_new {
        state.order.forget();
    }
    state.order.update(&ranked.table, state.sort, state.is_ascending);
    let is_here = |key: &PartitionKey| ranked.table.row(key).is_some();
    if !state.selected.as_ref().is_some_and(is_here) {
        state.selected = ranked.table.rows.first().map(|row| row.key.clone());
    }
    match (&state.selected, open.shards.get()) {
        (Some(key), Some(map)) => {
            let choice = (key, state.suffix.as_str(), state.salts);
            Salted::update(&mut state.salted, is_new, map, ranked, sample, choice);
        }
        _ => state.salted = None,
    }
}

/// Nothing was read yet, or nothing came.
fn without_sample(ui: &mut Ui, world: &World, open: &OpenStream, out: &mut Commands) {
    match &open.sample.run {
        SampleRun::Running { text, .. } => {
            widgets::loading_rows(ui, text, "the first records are on their way", 12, 25.0)
        }
        SampleRun::Done { .. } | SampleRun::Stopped { .. } => {
            let window = open.sample.effort.window_seconds;
            let hint =
                format!("No record arrived in the {window} s that were read. Sample again when there is traffic.");
            if widgets::empty(ui, icons::KEYS, "No records", &hint, Some("Sample now")) {
                out.push(Command::StartSample(SampleRequest::whole_stream()));
            }
        }
        SampleRun::NotStarted | SampleRun::Failed { .. } => {
            let hint = format!(
                "A sample reads the newest {} s of every shard with at most {} of the 5 GetRecords calls a second that each \
                 shard allows all its polling readers, and yields when reads are throttled.",
                crate::model::sample::state::DEFAULT_WINDOW_SECONDS,
                world.settings.read_budget,
            );
            if widgets::empty(ui, icons::KEYS, "The keys are not known yet", &hint, Some("Sample now")) {
                out.push(Command::StartSample(SampleRequest::whole_stream()));
            }
        }
    }
}

/// Records came, and none of them can be ranked here.
fn without_keys(ui: &mut Ui, open: &OpenStream, ranked: &Ranked, state: &mut KeysState, out: &mut Commands) {
    if ranked.stream.is_keyless() {
        let hint = "Records of this stream carry no partition key: its record distribution is AUTO, so Kinesis places them by \
                    itself. There is no key that could be hot.";
        widgets::empty(ui, icons::KEYS, "The stream distributes by itself", hint, None);
        return;
    }
    if open.sample.run.is_running() {
        widgets::loading_rows(ui, "Sampling", "no record of this shard yet", 12, 25.0);
        return;
    }
    let name = match &ranked.table.scope {
        KeyScope::Shard(shard) => format!("No record of {}", shard.short()),
        KeyScope::Stream => "No record with a key".to_owned(),
    };
    let covered = match ranked.table.known_seconds {
        0 => "This shard was not sampled.".to_owned(),
        seconds => format!("Nothing arrived in the {} that were read.", format::counted(seconds, "second")),
    };
    if widgets::empty(ui, icons::KEYS, &name, &covered, Some("Show the whole stream")) {
        state.is_whole_stream = true;
        out.push(Command::SelectShard(None));
    }
}

fn content(
    ui: &mut Ui,
    open: &OpenStream,
    sample: &StreamSample,
    ranked: &Ranked,
    state: &mut KeysState,
    out: &mut Commands,
) {
    let area = ui.available_rect_before_wrap();
    let is_wide = area.width() >= WIDE;
    let split = if is_wide { area.right() - SIDE } else { area.right() };
    let main = area.with_max_x(split);
    left(&mut region(ui, main, "keys main"), open, ranked, state, out);
    if is_wide || state.is_drawer_open {
        let t = theme::tokens(ui);
        let width = SIDE.min(area.width());
        let side = Rect::from_min_max(pos2(area.right() - width, area.top()), area.max);
        ui.painter().rect_filled(side, 0, t.panel);
        ui.painter().vline(side.left() + 0.5, side.y_range(), Stroke::new(1.0, t.stroke));
        let inner = side.with_min_x(side.left() + 1.0);
        side::show(&mut region(ui, inner, "keys side"), open, sample, ranked, state, out);
    }
    ui.advance_cursor_after_rect(area);
}

/// The table above the two pictures; in a low window the pictures scroll.
fn left(ui: &mut Ui, open: &OpenStream, ranked: &Ranked, state: &mut KeysState, out: &mut Commands) {
    let area = ui.max_rect();
    let pictures = landing::HEIGHT + salting::HEIGHT;
    let split = (area.bottom() - pictures).max(area.top() + LEAST_TABLE.min(area.height() * 0.6)).min(area.bottom());
    let top = area.with_max_y(split);
    table::show(&mut region(ui, top, "keys table"), ranked, state, out);
    let below = area.with_min_y(split);
    let mut below_ui = region(ui, below, "keys pictures");
    ScrollArea::vertical().id_salt("keys pictures").auto_shrink(false).show(&mut below_ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        landing::show(ui, open, ranked, state);
        salting::show(ui, ranked, state);
    });
}
