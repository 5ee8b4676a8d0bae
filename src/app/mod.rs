//! The window's program: owns the world, the interface's state and the tasks, and brings them together once a frame.
//!
//! `logic` takes answers in and asks what is due; `ui` draws and then carries out what the person asked for.
//! Nothing here waits: every answer comes through a slot or a channel.

mod changing;
mod dispatch;
mod engine;
mod fan_out;
mod files;
mod generating;
mod ingest;
mod injecting;
mod journal;
pub mod launch;
mod planning;
mod sampling;
mod saving;
mod schedule;
mod signing_in;
mod tailing;
#[cfg(test)]
mod tests;
mod unfinished;
mod verdicts;

use std::time::Duration;

use eframe::egui;
use jiff::tz::TimeZone;

pub use engine::Engine;
pub use files::Files;
pub use unfinished::cut_off_entry;

use crate::model::connection::{ConnectRequest, WriteLock};
use crate::model::ids::ShardId;
use crate::model::settings::Settings;
use crate::model::stream::StreamSummary;
use crate::model::time::{Millis, Timestamp};
use crate::model::world::{Link, World};
use crate::tasks::clock::Clock;
use crate::tasks::minutes::Minutes;
use crate::tasks::minutes::shelf::Keep;
use crate::tasks::plan_journal::PlanJournal;
use crate::tasks::shard_histories::ShardHistories;
use crate::ui::command::{Commands, Place, Tab};
use crate::ui::state::UiState;
use engine::Sight;
use schedule::{Pace, is_due, shows_figures, summary_pace};

/// How long nobody must have touched the window before it rests.
const REST_AFTER: Millis = Millis::from_secs(20);
/// How long a shard must have been selected before more is asked of it than of the others.
const SELECTION_SETTLES: Millis = Millis(300);
/// How old figures of the newest minutes may be when only more of others is asked for.
const YOUNG_IS_GOOD_FOR: Millis = Millis::from_secs(30);
/// Where more has arrived than one frame may take in. A wait of any length asks egui for one frame, none asks for two.
const AT_ONCE: Duration = Duration::from_millis(5);
/// How often a resting window is drawn.
const REST_FRAME: Millis = Millis::from_secs(10);

/// The window's program.
pub struct App {
    world: World,
    ui: UiState,
    engine: Engine,
    clock: Clock,
    /// `None` keeps nothing on this machine.
    files: Option<Files>,
    writes: Vec<engine::Write>,
    injecting: injecting::Injecting,
    changing: changing::Changing,
    fan_out: fan_out::FanOut,
    commands: Commands,
    /// The shards of the open stream have changed.
    relist_shards: bool,
    /// There are shards, or a range, of which figures are wanted at once.
    refetch_metrics: bool,
    /// What of the figures was asked for last.
    asked: Option<Sight>,
    /// The selected shard, and since when: one that is only passed by is not worth a call.
    selected: (Option<ShardId>, Timestamp),
    /// The shard that should be followed once the person stays on it, and since when.
    live_wish: (Option<ShardId>, Timestamp),
    /// When shards were last put together from records.
    measured_at: Timestamp,
    /// The records that were judged last.
    judged: verdicts::Judged,
    /// The person asked for fresh answers, or a write has ended.
    refresh_all: bool,
    /// Records are waiting that did not fit into this frame.
    has_more: bool,
    fleet_shards_at: Option<Timestamp>,
    /// When the person last did something.
    touched_at: Timestamp,
    /// Size of the window in points, to open with the next time.
    window_size: Option<(f32, f32)>,
}

/// What an app is made of.
pub struct Parts {
    /// The tasks.
    pub engine: Engine,
    /// The present.
    pub clock: Clock,
    /// Zone of the second clock.
    pub zone: TimeZone,
    /// Where things are kept; `None` keeps nothing.
    pub files: Option<Files>,
    /// What to connect to at once.
    pub connect: Option<ConnectRequest>,
}

impl App {
    /// Builds the app and asks what is wanted first.
    pub fn new(ctx: &egui::Context, parts: Parts) -> Self {
        let now = parts.clock.now();
        let (settings, message) = parts.files.as_ref().map_or((Settings::default(), None), Files::load_settings);
        crate::ui::theme::install(ctx);
        crate::ui::theme::choose(ctx, settings.theme);
        ctx.set_zoom_factor(settings.zoom);
        let mut world = World::new(now, parts.zone, settings);
        world.activity = parts.files.as_ref().map(Files::load_activity).unwrap_or_default();
        world.last_problem = message.map(|text| {
            (crate::model::answer::Problem::new(crate::model::answer::ProblemKind::Configuration, text), now)
        });
        world.local_endpoints = crate::tasks::session::usual_endpoints();
        world.kept_in = parts.files.as_ref().map(Files::kept_in).unwrap_or_default();
        world.export_folder = parts.files.as_ref().map(Files::export_folder).unwrap_or_default();
        let mut app = Self {
            world,
            ui: UiState::default(),
            engine: parts.engine,
            clock: parts.clock,
            files: parts.files,
            writes: Vec::new(),
            injecting: injecting::Injecting::default(),
            changing: changing::Changing::default(),
            fan_out: fan_out::FanOut::default(),
            commands: Commands::default(),
            relist_shards: false,
            refetch_metrics: false,
            asked: None,
            selected: (None, now),
            live_wish: (None, now),
            measured_at: Timestamp(0),
            judged: verdicts::Judged::default(),
            refresh_all: false,
            has_more: false,
            fleet_shards_at: None,
            touched_at: now,
            window_size: None,
        };
        app.ui.place = Place::Connect;
        app.tell_unfinished(now);
        if let Some(files) = &app.files {
            app.engine.minutes = Minutes::open(files.minutes_path(), Keep::default(), app.clock.clone());
            app.engine.plans = PlanJournal::in_folder(files.plans_folder());
            app.engine.histories = ShardHistories::in_folder(files.shards_folder());
            app.fan_out.ledger = Some(files.consumers());
        }
        app.report_unfinished_plans(now);
        app.find_leftovers();
        app.engine.read_profiles(now);
        match parts.connect {
            Some(request) => app.connect(request, now),
            None => app.engine.probe_endpoints(now),
        }
        app
    }

    /// What a frame is drawn from.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Takes in what has been answered and asks what is due. Draws nothing.
    pub fn tick(&mut self, ctx: &egui::Context) {
        let now = self.clock.now();
        self.ingest(now);
        if matches!(self.world.lock, WriteLock::UnlockedUntil { until, .. } if until <= now) {
            self.lock_in_time(now);
        }
        let inner = ctx.input(|input| input.viewport().inner_rect);
        self.window_size = inner.map(|rect| (rect.width(), rect.height())).or(self.window_size);
        let is_hidden = ctx
            .input(|input| input.viewport().minimized.unwrap_or(false) || input.viewport().occluded.unwrap_or(false));
        self.follow_place(now);
        self.follow_live(is_hidden, now);
        if !is_hidden {
            self.ask_what_is_due(now);
        }
        self.world.is_resting = self.is_resting(now);
        ctx.request_repaint_after(self.next_frame(now));
    }

    /// Whether nobody touches the window and nothing in it moves by itself.
    fn is_resting(&self, now: Timestamp) -> bool {
        let tails = self.world.open.as_ref().is_some_and(|open| open.tail.is_running());
        let connects = matches!(self.world.link, Link::Connecting { .. });
        let follows = self.world.open.as_ref().is_some_and(|open| open.live_shard.is_some());
        let signs_in = self.world.sign_in.as_ref().is_some_and(|sign_in| sign_in.outcome.pending_since.is_some());
        let moves = tails
            || follows
            || connects
            || signs_in
            || !self.writes.is_empty()
            || self.changing.is_running()
            || self.world.is_unlocked();
        !moves && self.touched_at.age_at(now) >= REST_AFTER
    }

    /// When to draw again without a cause.
    fn next_frame(&self, now: Timestamp) -> Duration {
        let tails = self.world.open.as_ref().is_some_and(|open| open.tail.is_running());
        match () {
            () if self.has_more => AT_ONCE,
            () if self.world.is_resting => until_next(REST_FRAME, now),
            // Records wake the window more often than the clock does; a frame of the clock's own would come on top.
            () if tails => Duration::from_secs(1),
            () => until_next(Millis::from_secs(1), now),
        }
    }

    /// Draws the frame and carries out what the person asked for.
    pub fn draw(&mut self, ui: &mut egui::Ui) {
        if ui.input(|input| !input.events.is_empty()) {
            self.touched_at = self.world.now;
        }
        crate::ui::show(ui, &self.world, &mut self.ui, &mut self.commands);
        let commands = self.commands.take();
        if !commands.is_empty() {
            let ctx = ui.ctx().clone();
            self.dispatch(&ctx, commands);
            ctx.request_repaint();
        }
    }

    fn pace(&self) -> Pace {
        let refresh = self.world.settings.refresh_seconds;
        match self.world.connection() {
            Some(info) if info.endpoint_url.is_some() && !self.world.is_resting => Pace::for_endpoint(refresh),
            _ => Pace::for_aws(refresh),
        }
    }

    fn ask_what_is_due(&mut self, now: Timestamp) {
        if !matches!(self.world.link, Link::Connected(_)) {
            return;
        }
        let pace = self.pace();
        let forced = std::mem::take(&mut self.refresh_all);
        let fleet_pace = if self.ui.place == Place::Fleet { pace.fleet } else { pace.fleet_behind };
        if is_due(&self.world.fleet, fleet_pace, pace.after_failure, now)
            || (forced && self.world.fleet.pending_since.is_none())
        {
            self.ask_fleet(&pace, now);
        }
        self.ask_stream(&pace, forced, now);
    }

    fn ask_fleet(&mut self, pace: &Pace, now: Timestamp) {
        let with_shards = self.fleet_shards_at.is_none_or(|at| at.age_at(now) >= pace.fleet_shards);
        if with_shards {
            self.fleet_shards_at = Some(now);
        }
        let previous = self.world.fleet.value.as_ref().map(|(fleet, _)| fleet.clone());
        self.engine.look_at_fleet(previous, with_shards, now);
        self.world.fleet.begin(now);
    }

    fn ask_stream(&mut self, pace: &Pace, forced: bool, now: Timestamp) {
        let Some(open) = &mut self.world.open else { return };
        let Place::Stream(..) = self.ui.place else { return };
        let is_idle = |pending: Option<Timestamp>| pending.is_none();
        let summary_every = summary_pace(open.summary.get(), pace);
        if is_due(&open.summary, summary_every, pace.after_failure, now)
            || (forced && is_idle(open.summary.pending_since))
        {
            self.engine.fetch_summary(now);
            open.summary.begin(now);
        }
        let relist = (self.relist_shards || forced) && is_idle(open.shards.pending_since);
        if relist || is_due(&open.shards, pace.shards, pace.after_failure, now) {
            self.relist_shards = false;
            self.engine.fetch_shards(now);
            open.shards.begin(now);
        }
        self.ask_metrics(pace, forced, now);
    }

    /// Asks for figures while a view shows them: when they are old, and when more of them has come into sight.
    fn ask_metrics(&mut self, pace: &Pace, forced: bool, now: Timestamp) {
        let Place::Stream(_, tab) = self.ui.place else { return };
        let has_cloudwatch = matches!(&self.world.link, Link::Connected(info) if info.has_cloudwatch);
        let Some(open) = self.world.open.as_mut().filter(|_| has_cloudwatch && shows_figures(tab)) else { return };
        if self.selected.0 != self.ui.selected_shard {
            self.selected = (self.ui.selected_shard.clone(), now);
        }
        let is_settled = self.selected.1.age_at(now) >= SELECTION_SETTLES;
        let sight = Sight {
            range: open.range,
            with_shards: open.summary.get().is_some_and(has_shard_metrics),
            figures: open.figures,
            selected: self.selected.0.clone().filter(|_| is_settled),
        };
        let shards_known = open.shards.get().is_some() || open.shards.problem.is_some();
        // What is paused is looked at; another tab shows figures as they come.
        let is_paused = open.figures_paused && tab == Tab::Heatmap;
        let has_more = match &self.asked {
            None => true,
            Some(asked) if is_paused => asked.range != sight.range,
            Some(asked) => self.refetch_metrics || !sight.is_covered_by(asked),
        };
        let is_idle = open.metrics.pending_since.is_none();
        let is_old = forced || (!is_paused && is_due(&open.metrics, pace.metrics, pace.after_failure, now));
        if shards_known && is_idle && (is_old || has_more) {
            self.refetch_metrics = false;
            self.engine.fetch_metrics(&sight, if is_old { Millis(0) } else { YOUNG_IS_GOOD_FOR }, now);
            self.asked = Some(sight);
            open.metrics.begin(now);
        }
    }
}

fn has_shard_metrics(summary: &StreamSummary) -> bool {
    summary.has_shard_metric("IncomingBytes") || summary.has_shard_metric("IncomingRecords")
}

/// Time until the next whole `step`, so that clocks change when they should.
fn until_next(step: Millis, now: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(step.0 - now.0.rem_euclid(step.0)).unwrap_or(1_000))
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.tick(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn on_exit(&mut self) {
        self.end_fan_out();
        if self.window_size.is_some() && self.window_size != self.world.settings.window_size {
            let window_size = self.window_size;
            self.change_settings(|settings| settings.window_size = window_size);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
