//! Shows and changes what a stream is: how long it keeps records, its tags, its key, its largest record, who is registered to read
//! it, which metrics its shards have, and its end. What is particular to a part is in the part's own file.

mod consumers;
mod delete;
mod encryption;
mod metrics;
mod record_size;
mod retention;
mod span;
mod tags;

use eframe::egui::{Ui, vec2};

use super::change::{ChangeOffer, Confirming, Subject, TrafficCache, body, footer, parts};
use super::frame::{self, Check, Frame};
use crate::model::change::{ChangeRequest, ChangeRun, StreamChange};
use crate::model::format;
use crate::model::ids::StreamName;
use crate::model::world::World;
use crate::ui::command::{Command, Commands, StreamPart};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets;

const WIDTH: f32 = 1_040.0;
const HEIGHT: f32 = 672.0;

/// What the dialog remembers.
#[derive(Debug, Default)]
pub struct StreamState {
    stream: Option<StreamName>,
    part: StreamPart,
    retention: retention::RetentionPart,
    tags: tags::TagsPart,
    encryption: encryption::EncryptionPart,
    size: record_size::SizePart,
    consumers: consumers::ConsumersPart,
    /// Consumers go with the stream.
    with_consumers: bool,
    confirming: Confirming,
    traffic: TrafficCache,
}

impl StreamState {
    /// About this stream, beginning with this part.
    pub fn new(stream: StreamName, part: StreamPart) -> Self {
        Self { stream: Some(stream), part, ..Self::default() }
    }

    /// The stream that it is about.
    pub fn stream(&self) -> Option<&StreamName> {
        self.stream.as_ref()
    }

    /// What was typed and would be lost.
    fn is_dirty(&self) -> bool {
        self.confirming.watching.is_none() && (!self.confirming.typed_name.is_empty() || self.tags.is_dirty())
    }

    fn offer(&mut self, subject: &Subject<'_>) -> ChangeOffer {
        match self.part {
            StreamPart::Retention => self.retention.offer(subject),
            StreamPart::Tags => self.tags.offer(subject),
            StreamPart::Encryption => self.encryption.offer(subject),
            StreamPart::RecordSize => self.size.offer(subject),
            StreamPart::Consumers => self.consumers.offer(subject),
            StreamPart::Metrics => metrics::offer(subject),
            StreamPart::Delete => delete::offer(subject, self.with_consumers),
        }
    }
}

/// One call on the subject, where it has something to change.
fn request(subject: &Subject<'_>, change: StreamChange) -> ChangeRequest {
    ChangeRequest::one(subject.name.clone(), subject.arn(), change)
}

/// The checks of one change.
fn checks(subject: &Subject<'_>, change: &StreamChange) -> Vec<Check> {
    subject.conditions(change).into_iter().map(Into::into).collect()
}

fn icon_of(part: StreamPart) -> &'static str {
    match part {
        StreamPart::Retention => icons::CLOCK,
        StreamPart::Tags => icons::FILE,
        StreamPart::Encryption => icons::LOCK,
        StreamPart::RecordSize => icons::DATABASE,
        StreamPart::Consumers => icons::CONSUMERS,
        StreamPart::Metrics => icons::CAPACITY,
        StreamPart::Delete => icons::TRASH,
    }
}

struct Scene<'a> {
    state: &'a mut StreamState,
    out: &'a mut Commands,
    subject: Subject<'a>,
    offer: ChangeOffer,
    run: Option<&'a ChangeRun>,
}

/// Draws the dialog.
pub fn show(ui: &mut Ui, world: &World, state: &mut StreamState, out: &mut Commands) {
    let Some(name) = state.stream.clone().filter(|_| world.connection().is_some()) else {
        out.push(Command::CloseDialog);
        return;
    };
    let run = state.confirming.follow(world, &name);
    let subject = Subject::new(world, &name, &mut state.traffic);
    let is_gone = run.is_some_and(|run| run.request.deletes());
    if !is_gone {
        subject.ask(out);
    }
    let offer = state.offer(&subject);
    let frame = Frame {
        id: "stream dialog",
        title: "Stream settings",
        icon: icons::SETTINGS,
        target: &format::one_line(name.as_str(), 60),
        subtitle: "",
        size: (WIDTH, HEIGHT),
        is_dirty: state.is_dirty(),
    };
    let mut scene = Scene { state, out, subject, offer, run };
    let outcome = frame.show(
        ui,
        world,
        &mut scene,
        |ui, scene| contents(ui, world, scene),
        |ui, scene| {
            let Scene { state, out, offer, run, .. } = scene;
            footer(ui, world, offer, *run, &mut state.confirming, out);
        },
    );
    if outcome.is_closed {
        scene.out.push(Command::CloseDialog);
    }
}

fn contents(ui: &mut Ui, world: &World, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    // While a change runs, the other parts wait.
    let is_fixed = scene.run.is_some_and(|run| !run.is_done);
    let (whole, now) = (ui.max_rect(), scene.state.part);
    let (picked, rect) =
        frame::tabs(ui, whole, (&StreamPart::ALL, now), is_fixed, |part| (part.label(), icon_of(part)));
    if let Some(part) = picked {
        scene.state.part = part;
        scene.state.confirming = Confirming::default();
    }
    let Scene { state, subject, offer, run, .. } = scene;
    let StreamState { part, retention, tags, encryption, size, consumers, with_consumers, confirming, .. } =
        &mut **state;
    let run = *run;
    body(ui, rect, offer, run.map(|run| (run, world)), confirming, |ui| {
        parts::inset(ui, |ui| {
            if subject.summary.is_none() {
                unknown(ui, world);
                return;
            }
            // While a change runs there is nothing to choose.
            ui.add_enabled_ui(run.is_none(), |ui| match part {
                StreamPart::Retention => retention.show(ui, subject),
                StreamPart::Tags => tags.show(ui, subject),
                StreamPart::Encryption => encryption.show(ui, subject),
                StreamPart::RecordSize => size.show(ui, subject),
                StreamPart::Consumers => consumers.show(ui, subject),
                StreamPart::Metrics => metrics::show(ui, subject),
                StreamPart::Delete => delete::show(ui, subject, with_consumers),
            });
        });
    });
}

/// A stream of which nothing is known: it is asked, it is gone, or it does not answer.
fn unknown(ui: &mut Ui, world: &World) {
    let t = theme::tokens(ui);
    match &world.changes.details.problem {
        Some((problem, _)) => {
            widgets::text::paragraph(ui, &problem.sentence, fonts::body(), t.text);
        }
        None => widgets::loading_rows(ui, "Asking the stream", "DescribeStreamSummary", 6, 25.0),
    }
}
