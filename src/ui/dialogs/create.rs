//! Makes a stream: its name, how its capacity is bought, what it costs before the first record.

use eframe::egui::{Id, Sense, Ui, vec2};

use super::change::{ChangeOffer, Confirming, body, footer, parts, subject_limits};
use super::frame::{Check, Frame};
use crate::model::account::AccountLimits;
use crate::model::change::conditions::{Known, conditions};
use crate::model::change::price;
use crate::model::change::rules::{self, RECORD_KIB};
use crate::model::change::{ChangeRequest, ChangeRun, StreamChange};
use crate::model::cost::{CostLine, FREE_RETENTION_HOURS, ShardHours};
use crate::model::format;
use crate::model::ids::StreamName;
use crate::model::stream::StreamMode;
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Place, Tab};
use crate::ui::theme::icons;
use crate::ui::widgets::{Button, TextField, select};

const WIDTH: f32 = 1_040.0;
const HEIGHT: f32 = 560.0;
const MODES: [(&str, StreamMode); 2] = [("Provisioned", StreamMode::Provisioned), ("On-demand", StreamMode::OnDemand)];
/// Numbers of shards that are asked for often.
const USUAL_SHARDS: [(&str, u32); 5] = [("1", 1), ("2", 2), ("4", 4), ("8", 8), ("16", 16)];
/// Sizes of records that are asked for often, in KiB.
const USUAL_SIZES: [(&str, u32); 3] = [("1 MiB", 1_024), ("5 MiB", 5_120), ("10 MiB", 10_240)];

/// What the dialog remembers.
#[derive(Debug)]
pub struct CreateState {
    name: String,
    mode: usize,
    shards: String,
    kib: String,
    had_focus: bool,
    confirming: Confirming,
}

impl Default for CreateState {
    fn default() -> Self {
        Self {
            name: String::new(),
            mode: 0,
            shards: "1".to_owned(),
            kib: RECORD_KIB.start().to_string(),
            had_focus: false,
            confirming: Confirming::default(),
        }
    }
}

impl CreateState {
    fn mode(&self) -> StreamMode {
        MODES.get(self.mode).map_or(StreamMode::Provisioned, |(_, mode)| *mode)
    }

    /// The number that was typed, where it is one.
    fn shards(&self) -> Option<u32> {
        self.shards.trim().parse().ok().filter(|count| *count >= 1)
    }

    fn change(&self) -> StreamChange {
        let mode = self.mode();
        let shards = if mode == StreamMode::OnDemand { None } else { self.shards() };
        let kib = rules::number(&self.kib, &RECORD_KIB, "KiB").ok();
        StreamChange::Create { mode, shards, max_record_kib: kib.filter(|kib| kib != RECORD_KIB.start()) }
    }

    fn offer(&self, world: &World) -> ChangeOffer {
        let name = StreamName::from(self.name.as_str());
        let change = self.change();
        let known = Known {
            limits: world.account_limits.get().copied(),
            is_name_taken: world.fleet_row(&name).is_some(),
            ..Known::default()
        };
        let size = rules::number(&self.kib, &RECORD_KIB, "KiB");
        let mut checks: Vec<Check> = conditions(&name, &change, &known).into_iter().map(Into::into).collect();
        if let Err(why) = &size {
            checks.push(Check::new("Largest record", (false, why.clone())));
        }
        let (cost, notes) = match (self.mode(), self.shards()) {
            (StreamMode::OnDemand, _) => (
                vec![CostLine { text: "Stream hours, 730 × $0.04".to_owned(), dollars: price::stream_hours() }],
                vec![
                    ("Data in, whole KiB a record".to_owned(), "+ $0.08 per GB".to_owned()),
                    ("Data out".to_owned(), "+ $0.04 per GB".to_owned()),
                ],
            ),
            (_, count) => {
                let count = count.unwrap_or(0);
                let hours = ShardHours { consumers: 0, retention_hours: FREE_RETENTION_HOURS };
                let put = ("PUT units of 25 KiB".to_owned(), "+ $0.014 per million".to_owned());
                (hours.change(i64::from(count)), vec![put])
            }
        };
        ChangeOffer {
            request: size.is_ok().then(|| ChangeRequest::one(name, "", change)),
            button: "Create stream".to_owned(),
            icon: icons::PLUS,
            verb: "create",
            checks,
            cost,
            cost_notes: notes,
            steps: vec![
                ("CreateStream".to_owned(), "1 call".to_owned()),
                ("Stream shows CREATING".to_owned(), "takes no records yet".to_owned()),
                ("Stream ACTIVE".to_owned(), "some seconds".to_owned()),
            ],
            footnote: "Keeps records 24 h and unencrypted at first; both can be changed afterwards.".to_owned(),
            again: "Create another",
            ..ChangeOffer::default()
        }
        .guarded(world, &self.name, false)
    }
}

/// Draws the dialog.
pub fn show(ui: &mut Ui, world: &World, state: &mut CreateState, out: &mut Commands) {
    let Some(connection) = world.connection() else {
        out.push(Command::CloseDialog);
        return;
    };
    subject_limits(world, out);
    let watched = state.confirming.watching.as_ref().map(|request| request.stream.clone());
    let run = watched.and_then(|name| state.confirming.follow(world, &name));
    let offer = state.offer(world);
    let is_dirty = run.is_none() && !state.name.is_empty();
    let frame = Frame {
        id: "create dialog",
        title: "Create a stream",
        icon: icons::PLUS,
        target: "",
        subtitle: &format!("in {}", connection.region),
        size: (WIDTH, HEIGHT),
        is_dirty,
    };
    let mut scene = (state, out);
    let outcome = frame.show(
        ui,
        world,
        &mut scene,
        |ui, (state, _)| contents(ui, world, state, &offer, run),
        |ui, (state, out)| {
            if let Some(run) = run.filter(|run| run.is_done && run.problem().is_none()) {
                let open = Button::primary("Open stream").height(28.0);
                if ui.add(open).clicked() {
                    out.push(Command::Go(Place::Stream(run.request.stream.clone(), Tab::Heatmap)));
                }
            }
            footer(ui, world, &offer, run, &mut state.confirming, out);
            if state.confirming.watching.is_none() && run.is_some() {
                **state = CreateState::default();
            }
        },
    );
    if outcome.is_closed {
        scene.1.push(Command::CloseDialog);
    }
}

fn contents(ui: &mut Ui, world: &World, state: &mut CreateState, offer: &ChangeOffer, run: Option<&ChangeRun>) {
    let rect = ui.max_rect();
    let CreateState { name, mode, shards, kib, had_focus, confirming } = state;
    body(ui, rect, offer, run.map(|run| (run, world)), confirming, |ui| {
        parts::inset(ui, |ui| {
            ui.add_enabled_ui(run.is_none(), |ui| {
                parts::heading(ui, "The stream", "its name cannot be changed later");
                ui.add_space(6.0);
                let outcome = rules::name(name);
                let is_bad = outcome.is_err() && !name.is_empty();
                parts::row(ui, "Name", |ui| {
                    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
                    TextField::new(Id::unique("new stream name"), "Stream name", name)
                        .mono()
                        .hint("orders-cdc")
                        .invalid(is_bad)
                        .focus(!*had_focus)
                        .show_in(ui, area);
                });
                *had_focus = true;
                parts::complaint(ui, outcome.as_ref().err().filter(|_| is_bad).map_or("", String::as_str));
                parts::row(ui, "Capacity mode", |ui| {
                    let labels = MODES.map(|(label, _)| label);
                    select::segmented_sized(ui, "Capacity mode", &labels, mode, 28.0);
                });
                if *mode == 0 {
                    let count = shards.trim().parse().ok().filter(|count: &u32| *count >= 1);
                    parts::number(ui, "Shards", "open", shards, count.is_some(), &USUAL_SHARDS);
                }
                let size = rules::number(kib, &RECORD_KIB, "KiB");
                parts::number(ui, "Largest record", "KiB", kib, size.is_ok(), &USUAL_SIZES);
                ui.add_space(8.0);
                capacity(ui, *mode == 0, shards.trim().parse().unwrap_or(0), world.account_limits.get());
            });
        });
    });
}

/// What the stream takes and gives.
fn capacity(ui: &mut Ui, is_provisioned: bool, shards: u32, limits: Option<&AccountLimits>) {
    parts::heading(ui, "What it takes", "limits of the mode");
    ui.add_space(2.0);
    if is_provisioned {
        let records = format::grouped(i64::from(shards) * 1_000);
        parts::fact(ui, "Writes", &format!("{shards} MiB/s and {records} records/s, keys included"));
        parts::fact(ui, "Polling reads", &format!("{} MiB/s for all readers together", u64::from(shards) * 2));
        parts::fact(ui, "One key", "1 MiB/s and 1,000 records/s: it stays in one shard");
        let quota = limits.map(|limits| {
            let [used, all] = [limits.open_shard_count, limits.shard_limit].map(|n| format::grouped(i64::from(n)));
            format!("{used} of {all} open in the Region")
        });
        parts::fact(ui, "Shards of the account", quota.as_deref().unwrap_or("not told by the server"));
    } else {
        parts::fact(ui, "Writes", "4 MB/s at first, then up to twice the peak of 30 days");
        parts::fact(ui, "Reads", "8 MB/s at first");
        parts::fact(ui, "One key", "1 MiB/s and 1,000 records/s: it stays in one shard");
        parts::fact(ui, "Sudden rise", "may throttle when it doubles within 15 minutes");
        let quota = limits.filter(|limits| limits.on_demand_stream_limit > 0);
        let quota =
            quota.map(|l| format!("{} of {} in the Region", l.on_demand_stream_count, l.on_demand_stream_limit));
        parts::fact(ui, "On-demand streams", quota.as_deref().unwrap_or("not told by the server"));
    }
}
