//! The tab of the capacity mode: what each way to pay costs at the measured traffic, what it changes, and the switch.

mod curve;
mod plans;

use eframe::egui::{Align, Id, Rect, Sense, Ui, vec2};

use super::super::change::{self, ChangeOffer, Confirming, Subject, TrafficCache};
use super::super::frame::Check;
use super::Scene;
use crate::model::change::price::{self, BillLine, Plan, Usage};
use crate::model::change::rules::{self, MOST_WARM_MIBPS};
use crate::model::change::{ChangeRequest, ChangeRun, StreamChange};
use crate::model::cost::{self, CostLine};
use crate::model::format;
use crate::model::ids::StreamName;
use crate::model::stream::StreamMode;
use crate::model::verdict::VerdictKind;
use crate::model::world::{OpenStream, World};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, TextField};

/// What the tab remembers.
#[derive(Debug, Default)]
pub struct ModeTab {
    /// The way to pay that was picked.
    choice: Option<Plan>,
    /// Readers that poll, where the person says so.
    polling: Option<u32>,
    /// Warm throughput, as it was typed.
    warm: String,
    confirming: Confirming,
    traffic: TrafficCache,
    /// What stands on screen; made anew every frame from what is known.
    shown: Option<Shown>,
}

/// The three ways beside each other.
#[derive(Clone, Debug)]
struct Shown {
    now: Plan,
    chosen: Plan,
    usage: Usage,
    has_traffic: bool,
    words: String,
    bills: [Vec<BillLine>; 3],
    /// Why each cannot be had; `None` where it can.
    closed: [Option<&'static str>; 3],
    /// What readers take beyond fan-out, in readers; `None` where it is assumed.
    measured_readers: Option<f64>,
    warm_now: Option<(Option<u32>, Option<u32>)>,
    has_advantage: Option<bool>,
}

impl ModeTab {
    /// What was typed and would be lost.
    pub fn is_dirty(&self) -> bool {
        self.confirming.watching.is_none() && !self.confirming.typed_name.is_empty()
    }

    /// The switch that is shown, where there is one.
    pub fn follow<'a>(&mut self, world: &'a World, stream: &StreamName) -> Option<&'a ChangeRun> {
        let run = world.changes.runs.get(stream)?;
        let is_mode =
            |change: &StreamChange| matches!(change, StreamChange::Mode { .. } | StreamChange::WarmThroughput { .. });
        if !run.request.changes.iter().all(is_mode) {
            return None;
        }
        self.confirming.follow(world, stream)
    }

    /// Whether a switch of the open stream runs.
    pub fn is_running(&self, world: &World) -> bool {
        self.run(world).is_some_and(|run| !run.is_done)
    }

    fn run<'a>(&self, world: &'a World) -> Option<&'a ChangeRun> {
        let watching = self.confirming.watching.as_ref()?;
        world.changes.runs.get(&watching.stream).filter(|run| run.request == *watching)
    }

    fn warm(&self) -> Result<Option<u32>, String> {
        match self.warm.trim() {
            "" => Ok(None),
            text => rules::number(text, &(0..=MOST_WARM_MIBPS), "MiB/s").map(Some),
        }
    }

    /// What the chosen way offers.
    pub fn offer(&mut self, world: &World, open: &OpenStream) -> ChangeOffer {
        let subject = Subject::new(world, &open.name, &mut self.traffic);
        let shown = self.compare(&subject);
        let (now, chosen) = (shown.now, shown.chosen);
        let change = self.change(&shown);
        let [before, after] = [now, chosen].map(|plan| price::total(shown.bill(plan)));
        let mut checks: Vec<Check> = subject.conditions(&change).into_iter().map(Into::into).collect();
        if let Some(why) = shown.closed_for(chosen) {
            checks.push(Check::new("This way can be had", (false, why.to_owned())));
        }
        let warm = self.warm();
        if let (Err(why), Plan::Advantage) = (&warm, chosen) {
            checks.push(Check::new("Warm throughput", (false, why.clone())));
        }
        let is_change = match &change {
            StreamChange::WarmThroughput { mibps } => {
                shown.warm_target() != Some(*mibps) && !self.warm.trim().is_empty()
            }
            _ => now != chosen,
        };
        let request = ChangeRequest::one(open.name.clone(), subject.arn(), change.clone());
        let is_warm = matches!(change, StreamChange::WarmThroughput { .. });
        let offer = ChangeOffer {
            request: (is_change && warm.is_ok()).then_some(request),
            missing: Some(
                if is_warm { "Type another warm throughput." } else { "This is how it is paid for now." }.to_owned(),
            ),
            button: if is_warm { "Set warm throughput".to_owned() } else { format!("Switch to {}", chosen.label()) },
            icon: icons::COST,
            verb: if is_warm { "set it" } else { "switch" },
            checks,
            note: note(world, open, &shown),
            cost: cost_lines(&shown, before, after),
            cost_notes: cost_notes(&shown, before, after),
            steps: steps(&shown, &change),
            footnote: "Two switches a stream in 24 hours; those made elsewhere are not known here.".to_owned(),
            again: "Look at the modes again",
            ..ChangeOffer::default()
        }
        .guarded(world, open.name.as_str(), false);
        self.shown = Some(shown);
        offer
    }

    fn compare(&mut self, subject: &Subject<'_>) -> Shown {
        let now = subject.plan();
        let has_advantage = subject.has_advantage();
        let other = match (now, has_advantage) {
            (Plan::Provisioned, Some(true)) => Plan::Advantage,
            (Plan::Provisioned, _) => Plan::Standard,
            _ => Plan::Provisioned,
        };
        let warm_now = subject.details.and_then(|details| details.warm).map(|w| (w.target_mibps, w.current_mibps));
        let mut usage = subject.usage();
        // What is read beyond what each fan-out consumer is sent, as so many readers of everything.
        let measured_readers = subject.traffic.filter(|traffic| traffic.bytes_per_sec > 0.0).and_then(|traffic| {
            let out = traffic.out_bytes_per_sec? / traffic.bytes_per_sec;
            Some((out - f64::from(usage.fan_out)).max(0.0))
        });
        let assumed = measured_readers.map_or(1, |readers| readers.round() as u32);
        usage.polling = self.polling.unwrap_or(assumed);
        let closed = [
            None,
            (has_advantage == Some(true)).then_some("the account has Advantage"),
            (has_advantage == Some(false)).then_some("the account does not have it"),
        ];
        Shown {
            now,
            chosen: self.choice.unwrap_or(other),
            has_traffic: subject.traffic.is_some(),
            words: subject.traffic.map_or_else(|| "no traffic is measured".to_owned(), |traffic| traffic.words()),
            bills: Plan::ALL.map(|plan| price::month(plan, &usage)),
            usage,
            closed,
            measured_readers,
            warm_now,
            has_advantage,
        }
    }

    fn change(&self, shown: &Shown) -> StreamChange {
        let warm = self.warm().ok().flatten();
        match (shown.chosen, shown.now) {
            (Plan::Advantage, Plan::Advantage) => {
                StreamChange::WarmThroughput { mibps: warm.or(shown.warm_target()).unwrap_or(0) }
            }
            (Plan::Provisioned, _) => StreamChange::Mode { to: StreamMode::Provisioned, warm_mibps: None },
            (Plan::Advantage, _) => StreamChange::Mode { to: StreamMode::OnDemand, warm_mibps: warm },
            (Plan::Standard, _) => StreamChange::Mode { to: StreamMode::OnDemand, warm_mibps: None },
        }
    }
}

impl Shown {
    fn index(plan: Plan) -> usize {
        Plan::ALL.iter().position(|other| *other == plan).unwrap_or(0)
    }

    fn bill(&self, plan: Plan) -> &[BillLine] {
        self.bills.get(Self::index(plan)).map_or(&[], Vec::as_slice)
    }

    fn warm_target(&self) -> Option<u32> {
        self.warm_now.and_then(|(target, _)| target)
    }

    fn closed_for(&self, plan: Plan) -> Option<&'static str> {
        self.closed.get(Self::index(plan)).copied().flatten()
    }
}

fn note(world: &World, open: &OpenStream, shown: &Shown) -> Option<(&'static str, String)> {
    if shown.chosen == Plan::Provisioned && shown.now != Plan::Provisioned {
        let (shards, traffic) = (shown.usage.shards, shown.usage.traffic);
        let words = match traffic.least_shards() {
            least if shown.has_traffic && least > shards => format!(
                "{shards} shards take {shards} MiB/s; the measured peak needs {least} at least. Scale before the switch helps \
                 no more: AWS keeps the count."
            ),
            _ => {
                format!("{shards} shards stay and take {shards} MiB/s from then on. AWS adds none by itself any more.")
            }
        };
        return Some(("The shards stay as they are", words));
    }
    let verdict = world.sampled_verdict(&open.name).filter(|verdict| verdict.kind == VerdictKind::HotKey);
    let key = verdict.and_then(|verdict| verdict.keys.as_ref()).and_then(|table| table.rows.first());
    let who = key.map_or_else(|| "A hot key".to_owned(), |row| format::one_line(row.key.as_str(), 32));
    verdict.map(|_| {
        let words = format!("Every mode keeps 1 MiB/s per shard. {who} stays near it until the key is salted.");
        ("No mode cures a hot key", words)
    })
}

fn cost_lines(shown: &Shown, before: f64, after: f64) -> Vec<CostLine> {
    if !shown.has_traffic || shown.now == shown.chosen {
        return Vec::new();
    }
    let text = format!("{} instead of {}", shown.chosen.label(), shown.now.label());
    vec![CostLine { text, dollars: after - before }]
}

fn cost_notes(shown: &Shown, before: f64, after: f64) -> Vec<(String, String)> {
    if !shown.has_traffic {
        return vec![("Not known".to_owned(), "no traffic is measured".to_owned())];
    }
    let mut notes = vec![(
        "Per month, before and after".to_owned(),
        format!("{} → {}", cost::dollars(before), cost::dollars(after)),
    )];
    if shown.chosen == Plan::Advantage {
        let least = cost::dollars(price::advantage_least());
        notes.push(("Advantage, all streams, at least".to_owned(), format!("{least} a month")));
    }
    notes.push(("GB taken as 2³⁰ bytes, 730 h".to_owned(), "AWS pricing page".to_owned()));
    notes
}

fn steps(shown: &Shown, change: &StreamChange) -> Vec<(String, String)> {
    let step = |text: &str, detail: &str| (text.to_owned(), detail.to_owned());
    let mut steps = vec![step(change.operation(), "1 call"), step("Stream shows UPDATING", "seconds to minutes")];
    match (change, shown.chosen) {
        (StreamChange::WarmThroughput { .. }, _) => steps.push(step("AWS adds or merges shards", "some minutes")),
        (_, Plan::Provisioned) => {
            steps.push((format!("Shards stay, {}", shown.usage.shards), "yours from then on".to_owned()));
        }
        _ => {
            steps.push((format!("Shards stay, {}", shown.usage.shards), "AWS adds more".to_owned()));
            steps.push(step("Split, merge, scale are refused", "by the API"));
        }
    }
    steps.push(step("Writes and reads keep working", "throughout"));
    steps
}

/// Draws both columns below the tabs.
pub fn body(ui: &mut Ui, rect: Rect, scene: &mut Scene<'_>) {
    let Scene { world, state, change: Some(offer), out, .. } = scene else { return };
    let world = *world;
    let tab = &mut state.mode;
    if let Some(open) = &world.open {
        Subject::new(world, &open.name, &mut tab.traffic).ask(out);
    }
    let run = tab.run(world);
    let Some(shown) = tab.shown.clone() else { return };
    let ModeTab { choice, polling, warm, confirming, .. } = tab;
    change::body(ui, rect, offer, run.map(|run| (run, world)), confirming, |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        ui.add_enabled_ui(run.is_none(), |ui| {
            basis(ui, &shown, polling);
            if let Some(plan) = plans::columns(ui, &shown) {
                *choice = Some(plan);
            }
            plans::consequences(ui, &shown);
            let has_warm = shown.has_advantage == Some(true) && shown.chosen == Plan::Advantage;
            if has_warm {
                warm_row(ui, &shown, warm);
            }
            curve::show(ui, &shown, has_warm);
        });
    });
}

/// What the prices rest on, and how many readers poll.
fn basis(ui: &mut Ui, shown: &Shown, polling: &mut Option<u32>) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::hover());
    let area = rect.shrink2(vec2(16.0, 0.0));
    let builder = eframe::egui::UiBuilder::new().id_salt("readers").max_rect(area);
    let layout = eframe::egui::Layout::right_to_left(Align::Center);
    let mut place = ui.new_child(builder.layout(layout));
    place.spacing_mut().item_spacing.x = 5.0;
    let count = shown.usage.polling;
    if widgets::icon_button(&mut place, icons::PLUS, "One polling reader more").clicked() {
        *polling = Some(count.saturating_add(1).min(99));
    }
    widgets::label(&mut place, count.to_string(), fonts::value_strong(), t.strong);
    if widgets::icon_button(&mut place, icons::MINUS, "One polling reader fewer").clicked() {
        *polling = Some(count.saturating_sub(1));
    }
    let source = match (shown.measured_readers, polling.is_some()) {
        (_, true) => "polling readers, as you say",
        (Some(_), false) => "polling readers, measured",
        (None, false) => "polling readers, assumed",
    };
    widgets::label(&mut place, source, fonts::small(), t.weak);
    let left = area.with_max_x(place.min_rect().left() - 12.0);
    let heading = "Cost at measured traffic";
    let needed = [heading, &shown.words].map(|text| widgets::text_width(ui.painter(), text, fonts::small()));
    let words = match needed.iter().sum::<f32>() + 8.0 <= left.width() {
        true => {
            let title = widgets::paint_elided(ui.painter(), left, Align::Min, heading, fonts::small(), t.weak);
            left.with_min_x(title.right() + 8.0)
        }
        // The figures say what the heading says.
        false => left,
    };
    widgets::paint_elided(ui.painter(), words, Align::Min, &shown.words, fonts::small(), t.text);
}

/// Write throughput that AWS keeps ready; only with Advantage.
fn warm_row(ui: &mut Ui, shown: &Shown, warm: &mut String) {
    let t = theme::tokens(ui);
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.set_height(28.0);
        ui.add_space(16.0);
        widgets::label(ui, "Warm throughput", fonts::small(), t.weak);
        let (area, _) = ui.allocate_exact_size(vec2(110.0, 28.0), Sense::hover());
        let is_bad = !warm.trim().is_empty() && rules::number(warm, &(0..=MOST_WARM_MIBPS), "MiB/s").is_err();
        TextField::new(Id::unique("warm throughput"), "Warm throughput", warm)
            .mono()
            .trailing("MiB/s")
            .invalid(is_bad)
            .show_in(ui, area);
        let words = match shown.warm_now {
            Some((target, current)) => {
                let told =
                    |mibps: Option<u32>| mibps.map_or_else(|| format::UNKNOWN.to_owned(), |mibps| mibps.to_string());
                format!("{} of {} MiB/s ready now; free, up to 10 GiB/s", told(current), told(target))
            }
            None => "none is set; free, up to 10 GiB/s; empty leaves it as it is".to_owned(),
        };
        widgets::label(ui, words, fonts::small(), t.weak);
    });
    ui.add_space(6.0);
}

/// Draws the footer.
pub fn footer(ui: &mut Ui, scene: &mut Scene<'_>) {
    let Scene { world, state, change: Some(offer), out, .. } = scene else { return };
    let run = state.mode.run(world);
    let was_watching = run.is_some();
    change::footer(ui, world, offer, run, &mut state.mode.confirming, out);
    if was_watching && state.mode.confirming.watching.is_none() {
        state.mode = ModeTab::default();
    }
}
