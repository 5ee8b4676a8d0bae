//! Carries commands out. The only place where a wish of the person becomes a task, a change of the world, or both.

use eframe::egui;

use super::App;
use crate::model::activity::Event;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::{ConnectRequest, Environment, WriteLock};
use crate::model::heat_range::HeatRange;
use crate::model::ids::StreamName;
use crate::model::settings::Settings;
use crate::model::tail::{TailOptions, TailRun};
use crate::model::time::{Millis, Timestamp};
use crate::model::world::{Link, OpenStream, World};
use crate::model::writes::PutWish;
use crate::ui::command::{Command, Place, Tab};
use crate::ui::state::UiState;

impl App {
    /// Carries out the commands of one frame, in order.
    pub(super) fn dispatch(&mut self, ctx: &egui::Context, commands: Vec<Command>) {
        let now = self.world.now;
        for command in commands {
            self.dispatch_one(ctx, command, now);
        }
    }

    fn dispatch_one(&mut self, ctx: &egui::Context, command: Command, now: Timestamp) {
        if self.ui.apply(&command) {
            return;
        }
        match command {
            Command::Connect(request) => self.connect(request, now),
            Command::Disconnect => self.disconnect(now),
            Command::SignIn(profile) => self.sign_in(profile, now),
            Command::StopSignIn => self.stop_sign_in(),
            Command::ReloadProfiles => {
                self.engine.read_profiles(now);
                self.engine.probe_endpoints(now);
            }
            Command::SetEnvironment { label, environment } => self.set_environment(ctx, label, environment),
            Command::SetRange(range) => self.set_range(range),
            Command::WantFigures(figures) => self.with_open(|open| open.figures = figures),
            Command::PauseFigures(is_paused) => self.with_open(|open| open.figures_paused = is_paused),
            Command::SetThresholds(thresholds) => {
                self.change_settings(|settings| settings.heat_thresholds = thresholds);
            }
            Command::Refresh => self.refresh_all = true,
            Command::Unlock { minutes, reason } => self.unlock(minutes, reason, now),
            Command::Lock => self.lock("locked by hand", now),
            Command::StartTail(options) => self.start_tail(options),
            Command::ClearLeftovers => self.clear_leftovers(now),
            Command::StopTail => self.stop_tail(),
            Command::ClearTail => self.clear_tail(),
            Command::StartSample(request) => self.start_sample(request),
            Command::StopSample => self.stop_sample(),
            Command::StartLive(shard) => self.start_live(shard),
            Command::StopLive => self.stop_live(),
            Command::FilterTail(spec) => self.filter_tail(spec, now),
            Command::SetTail(tail) => self.change_settings(|settings| settings.tail = *tail),
            Command::SetSettings(settings) => self.set_settings(ctx, *settings),
            Command::SetTailBuffer(mib) => {
                self.set_settings(ctx, Settings { tail_buffer_mib: mib, ..self.world.settings.clone() });
            }
            Command::SetReadBudget(reads) => {
                self.set_settings(ctx, Settings { read_budget: reads, ..self.world.settings.clone() });
            }
            Command::Export(request) => self.export(request),
            Command::CancelExport => self.cancel_export(),
            Command::FinishExport => self.finish_export(),
            Command::DecodeTail(decode_as) => self.decode_tail(decode_as),
            Command::Batch(command) => self.batch(command, now),
            Command::Generator(command) => self.generator(command, now),
            Command::Put(wish) => self.put(wish, now),
            Command::Reshard(request) => self.reshard(request, now),
            Command::Change(request) => self.change(*request, now),
            Command::AskDetails(stream) => self.ask_details(stream, now),
            Command::Plan(command) => self.plan_command(command, now),
            Command::AskLimits => self.engine.ask_limits(now),
            Command::SetMonitoring(change) => {
                if self.may_write(now) {
                    let write = self.engine.set_monitoring(change, now);
                    self.writes.extend(write);
                }
            }
            Command::Copy(text) => ctx.copy_text(text),
            Command::SetTheme(theme) => self.set_settings(ctx, Settings { theme, ..self.world.settings.clone() }),
            Command::SetTemplates(templates) => self.change_settings(|settings| settings.templates = templates),
            Command::Zoom(factor) => {
                let zoom = if factor == 0.0 { 1.0 } else { self.world.settings.zoom * factor };
                self.set_settings(ctx, Settings { zoom, ..self.world.settings.clone() });
            }
            Command::SetRailWidth(width) => self.change_settings(|settings| settings.rail_width = width),
            Command::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            // What concerns only the window was done above; where the person went is followed in the next frame.
            Command::Go(_)
            | Command::GoTab(_)
            | Command::SelectShard(_)
            | Command::TailShard(_)
            | Command::ShowKeys(_)
            | Command::PlanSplit { .. }
            | Command::PlanMode
            | Command::Manage(..)
            | Command::Open(_)
            | Command::CloseDialog
            | Command::TogglePalette
            | Command::FocusFilter => {}
        }
    }

    pub(super) fn with_open(&mut self, change: impl FnOnce(&mut OpenStream)) {
        if let Some(open) = &mut self.world.open {
            change(open);
        }
    }

    /// What is on its way for another range is given up; its answers so far are kept, and only the rest is asked.
    fn set_range(&mut self, range: HeatRange) {
        let Some(open) = self.world.open.as_mut().filter(|open| open.range != range) else { return };
        open.range = range;
        open.metrics.pending_since = None;
        if let Some(tasks) = &mut self.engine.open {
            tasks.metrics.cancel();
        }
        self.refetch_metrics = true;
    }

    pub(super) fn connect(&mut self, request: ConnectRequest, now: Timestamp) {
        self.lock("the connection was switched", now);
        self.forget_connection();
        // Should it fail, the first screen shows this profile and what helps it.
        if request.profile.is_some() {
            self.ui.connect.selected.clone_from(&request.profile);
        }
        if let (Some(profile), Some(region)) = (request.profile.clone(), request.region.clone()) {
            self.change_settings(|settings| {
                settings.regions.insert(profile, region);
            });
        }
        if let (Some(endpoint), false) = (request.endpoint_url.clone(), request.demo) {
            self.change_settings(|settings| settings.last_endpoint = Some(endpoint));
        }
        self.engine.connect(request.clone(), now);
        self.world.link = Link::Connecting { request, since: now };
    }

    fn disconnect(&mut self, now: Timestamp) {
        self.lock("the connection was left", now);
        self.engine.disconnect();
        self.forget_connection();
        self.world.link = Link::Disconnected;
        self.ui.place = Place::Connect;
        self.engine.read_profiles(now);
        self.engine.probe_endpoints(now);
    }

    /// Nothing of one connection may be shown on another.
    fn forget_connection(&mut self) {
        self.show_stream(None);
        self.injecting.leave();
        self.changing.leave();
        self.fan_out.leave();
        let keep =
            std::mem::replace(&mut self.world, World::new(Timestamp(0), jiff::tz::TimeZone::UTC, Settings::default()));
        self.world = World::new(keep.now, keep.zone, keep.settings);
        self.world.profiles = keep.profiles;
        self.world.local_endpoints = keep.local_endpoints;
        self.world.activity = keep.activity;
        self.world.unfinished_plans = keep.unfinished_plans;
        self.world.unfinished_runs = keep.unfinished_runs;
        self.world.meters = keep.meters;
        self.world.export_folder = keep.export_folder;
        self.world.kept_in = keep.kept_in;
        self.world.fan_out = keep.fan_out;
        // What was typed on the first screen stays, in case the connection fails.
        self.ui = UiState { connect: std::mem::take(&mut self.ui.connect), ..UiState::default() };
    }

    fn set_environment(&mut self, ctx: &egui::Context, label: String, environment: Environment) {
        let mut settings = self.world.settings.clone();
        settings.environments.insert(label, environment);
        self.set_settings(ctx, settings);
    }

    /// Puts other settings in the place of these, and brings everything to them that does not look at them by itself.
    fn set_settings(&mut self, ctx: &egui::Context, settings: Settings) {
        let before = self.world.settings.clone();
        self.change_settings(|current| *current = settings);
        let now = &self.world.settings;
        if now.theme != before.theme {
            crate::ui::theme::choose(ctx, now.theme);
        }
        if now.zoom != before.zoom {
            ctx.set_zoom_factor(now.zoom);
        }
        if let (Link::Connected(info), true) = (&mut self.world.link, now.environments != before.environments) {
            // A choice that was taken back leaves what the connection was taken for at first.
            let own = || self.engine.session.answer().get().map(|session| session.connection.info().environment);
            info.environment = now.environments.get(&info.label).copied().or_else(own).unwrap_or(info.environment);
        }
        self.follow_tail_settings();
    }

    pub(super) fn change_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.world.settings);
        self.world.settings = self.world.settings.clone().clamped();
        if let Some(files) = &self.files
            && let Err(err) = files.save_settings(&self.world.settings)
        {
            let sentence = format!("Settings could not be saved ({err}): they last until the program ends.");
            self.world.last_problem = Some((Problem::new(ProblemKind::Internal, sentence), self.world.now));
        }
    }

    /// Brings the tasks to where the person is: opens the stream, starts its tail when that is looked at first.
    pub(super) fn follow_place(&mut self, now: Timestamp) {
        let Place::Stream(name, tab) = &self.ui.place else { return };
        let (name, tab) = (name.clone(), *tab);
        if self.world.connection().is_none() {
            return;
        }
        if self.world.open.as_ref().is_none_or(|open| open.name != name) {
            self.open_stream(name, now);
        }
        let is_new = self.world.open.as_ref().is_some_and(|open| open.tail.run == TailRun::NotStarted);
        if tab == Tab::Tail && is_new {
            self.start_tail(TailOptions::default());
        }
    }

    fn open_stream(&mut self, name: StreamName, now: Timestamp) {
        let mut open = OpenStream::new(name.clone());
        // Nothing is kept in it yet that would have to leave.
        drop(open.tail.store.set_cap_bytes(self.world.settings.tail_buffer_bytes()));
        // What the fleet knows is shown until the stream itself has answered.
        if let Some(row) = self.world.fleet_row(&name) {
            let fetched = self.world.fleet.value.as_ref().map_or(now, |(_, at)| *at);
            open.summary.value = row.summary.clone().map(|summary| (summary.into(), fetched));
            open.metrics.value = row.metrics.clone().map(|metrics| (metrics.into(), fetched));
        }
        self.show_stream(Some(open));
        self.engine.open(name);
        self.asked = None;
        self.refresh_all = true;
    }

    /// Puts another stream, or none, in the place of the open one.
    pub(super) fn show_stream(&mut self, open: Option<OpenStream>) {
        self.engine.free(std::mem::replace(&mut self.world.open, open));
    }

    fn start_tail(&mut self, options: TailOptions) {
        let decode_as = self.world.open.as_ref().map(|open| open.tail.decode_as).unwrap_or_default();
        let options = TailOptions { read_budget: self.world.settings.read_budget, decode_as, ..options };
        let now = self.world.now;
        if !self.prepare_route(&options, now) {
            return;
        }
        if let Some(open) = &mut self.world.open {
            self.engine.free(open.tail.begin(options.clone(), now));
        }
        self.engine.start_tail(options, self.lease_to_watch());
    }

    fn stop_tail(&mut self) {
        if let Some(tasks) = &mut self.engine.open {
            tasks.tail = None;
        }
        self.with_open(|open| open.tail.stop());
    }

    fn unlock(&mut self, minutes: u32, reason: String, now: Timestamp) {
        if self.world.connection().is_none() {
            return;
        }
        let until = now + Millis::from_mins(i64::from(minutes));
        self.world.lock = WriteLock::UnlockedUntil { until, reason: reason.clone() };
        let entry = super::journal::entry(&self.world, None, Event::Unlocked { minutes, reason }, now);
        self.log_activity(entry);
    }

    pub(super) fn lock(&mut self, why: &str, now: Timestamp) {
        self.stop_plans();
        if self.world.lock == WriteLock::ReadOnly {
            return;
        }
        self.world.lock = WriteLock::ReadOnly;
        let entry = super::journal::entry(&self.world, None, Event::Locked { why: why.to_owned() }, now);
        self.log_activity(entry);
    }

    /// Refuses every write while the program is read-only, whatever a view allowed.
    pub(super) fn may_write(&mut self, now: Timestamp) -> bool {
        let allowed = self.world.is_unlocked();
        if !allowed {
            let problem =
                Problem::new(ProblemKind::InUse, "Nothing was changed: the program is read-only. Unlock writes first.");
            self.world.last_problem = Some((problem, now));
        }
        allowed
    }

    fn put(&mut self, wish: PutWish, now: Timestamp) {
        if !self.may_write(now) {
            return;
        }
        let Some(stream) = self.world.open.as_ref().map(|open| open.name.clone()) else { return };
        let log = self.write_down(&stream, super::unfinished::single(&wish.entries), now);
        let write = self.engine.inject(stream, wish, log);
        self.writes.extend(write);
    }

    fn reshard(&mut self, request: crate::model::reshard::ReshardRequest, now: Timestamp) {
        if self.may_write(now) {
            let account = self.world.identity.get().map(|identity| identity.account.clone());
            let write = self.engine.reshard(request, account, now);
            self.writes.extend(write);
        }
    }

    pub(super) fn log_activity(&mut self, entry: crate::model::activity::ActivityEntry) {
        if let Some(files) = &self.files
            && let Err(err) = files.append_activity(&entry)
        {
            let sentence =
                format!("The activity log could not be written ({err}): its newest lines last until the program ends.");
            self.world.last_problem = Some((Problem::new(ProblemKind::Internal, sentence), self.world.now));
        }
        self.world.activity.push(entry);
    }
}
