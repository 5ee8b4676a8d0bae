//! Start, follow, pause, stop and clear; the filter and how much it lets through.

use eframe::egui::{
    Align, Align2, FontId, Id, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::{Follow, TailState, start_of};
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::tail::{Tail, TailRun, TailStart};
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button, ButtonKind, TagStyle, TextField};

const HEIGHT: f32 = 40.0;
const FILTER_HEIGHT: f32 = 38.0;

/// Draws both bars.
pub fn show(
    ui: &mut Ui,
    world: &World,
    open: &OpenStream,
    state: &mut TailState,
    selection: Option<&ShardId>,
    out: &mut Commands,
) {
    start_bar(ui, world, open, state, out);
    filter_bar(ui, &open.tail, state, selection, out);
}

fn bar(ui: &mut Ui, height: f32) -> Rect {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke));
    Rect::from_min_max(rect.min + vec2(16.0, 0.0), rect.max - vec2(12.0, 1.0))
}

fn start_bar(ui: &mut Ui, world: &World, open: &OpenStream, state: &mut TailState, out: &mut Commands) {
    let t = theme::tokens(ui);
    let area = bar(ui, HEIGHT);
    let tail = &open.tail;
    let builder = UiBuilder::new().id_salt("start").max_rect(area).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        widgets::label(ui, "Start", fonts::small(), t.weak);
        let mut index = match start_of(tail) {
            TailStart::Latest => 0,
            TailStart::TrimHorizon => 1,
            _ => usize::MAX,
        };
        if widgets::segmented(ui, "Start", &["Latest", "Trim horizon"], &mut index) {
            state.selected = None;
            state.follow();
            out.push(Command::StartTail(if index == 0 { TailStart::Latest } else { TailStart::TrimHorizon }));
        }
        let room = ui.available_rect_before_wrap();
        let controls = UiBuilder::new().id_salt("controls").max_rect(room).layout(Layout::right_to_left(Align::Center));
        ui.scope_builder(controls, |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            buttons(ui, tail, state, out);
            let room = ui.available_rect_before_wrap();
            widgets::paint_elided(
                ui.painter(),
                room.with_min_x(room.left() + 4.0),
                Align::Min,
                &effort(world, tail),
                fonts::small(),
                t.faint,
            );
        });
    });
}

/// What reading costs the stream, or why nothing is read.
fn effort(world: &World, tail: &Tail) -> String {
    match &tail.run {
        TailRun::Running { options, .. } => {
            format!("polling, at most {} of 5 reads/s per shard", options.reads_per_sec())
        }
        TailRun::Ended { at, .. } => format!("ended {} UTC", at.hms()),
        TailRun::Stopped => "stopped".to_owned(),
        TailRun::NotStarted => format!("would use at most {} of 5 reads/s per shard", world.settings.read_budget),
    }
}

/// From the right: clear, stop or start, pause, follow.
fn buttons(ui: &mut Ui, tail: &Tail, state: &mut TailState, out: &mut Commands) {
    let nothing = if tail.store.is_empty() { Err("Nothing has been read yet.") } else { Ok(()) };
    if ui.add(Button::new("Clear").enabled(nothing).tooltip("Forget what was read")).clicked() {
        state.selected = None;
        state.follow();
        out.push(Command::ClearTail);
    }
    if tail.is_running() {
        if ui.add(Button::new("Stop").icon(icons::STOP).tooltip("Stop reading; what was read stays")).clicked() {
            out.push(Command::StopTail);
        }
    } else {
        let start = Button::primary("Start").name("Start tailing").icon(icons::PLAY);
        if ui.add(start).clicked() {
            state.follow();
            out.push(Command::StartTail(start_of(tail)));
        }
    }
    let is_paused = state.follow == Follow::Paused;
    let (label, icon) = if is_paused { ("Go on", icons::PLAY) } else { ("Pause", icons::PAUSE) };
    let pause = Button::new(label).icon(icon).tooltip("Hold the view; reading goes on  Space");
    if ui.add(pause).clicked() {
        state.pause(tail);
    }
    let newer = state.rows.newer(tail);
    let words = match state.follow {
        Follow::Newest => "Following".to_owned(),
        Follow::Paused if newer > 0 => format!("Follow, {} newer", format::grouped(newer as i64)),
        _ => "Follow".to_owned(),
    };
    let kind = if state.follow == Follow::Newest { ButtonKind::On } else { ButtonKind::Default };
    let follow = Button::new(&words).icon(icons::CARET_DOWN).kind(kind).tooltip("Stay at the newest record  End");
    if ui.add(follow).clicked() {
        if state.follow == Follow::Newest { state.follow = Follow::Here } else { state.follow() }
    }
}

fn filter_bar(ui: &mut Ui, tail: &Tail, state: &mut TailState, selection: Option<&ShardId>, out: &mut Commands) {
    let t = theme::tokens(ui);
    let area = bar(ui, FILTER_HEIGHT);
    let applied = tail.filter.as_ref().map_or("", |filter| filter.filter().source());
    let mut text = state.filter.clone().unwrap_or_else(|| applied.to_owned());
    let counts = counts(tail, state, selection);
    let painter = ui.painter().clone();
    let width = counts.iter().map(|(text, font, _)| widgets::text_width(&painter, text, font.clone())).sum::<f32>();
    let unseen = unseen_words(tail);
    let tag_width = unseen.as_ref().map_or(0.0, |text| widgets::tag_size(&painter, text).x + 17.0);
    let field = Rect::from_min_max(
        pos2(area.left(), area.top() + 5.5),
        pos2((area.right() - width - tag_width - 10.0).max(area.left() + 160.0), area.top() + 31.5),
    );
    let response = TextField::new(Id::unique("tail filter"), "Filter records", &mut text)
        .hint("Filter records: text in key, shard or data")
        .icon(icons::FILTER)
        .key("f")
        .mono()
        .focus(std::mem::take(&mut state.takes_focus))
        .show_in(ui, field);
    if response.changed() {
        out.push(Command::FilterTail(text.clone()));
        state.filter = Some(text);
    }
    let mut x = field.right() + 10.0;
    for (text, font, is_strong) in &counts {
        let color = if *is_strong { t.strong } else { t.weak };
        x = painter.text(pos2(x, area.center().y), Align2::LEFT_CENTER, text, font.clone(), color).right();
    }
    let words: String = counts.iter().map(|(text, ..)| text.as_str()).collect();
    let rect = Rect::from_min_max(pos2(field.right() + 10.0, area.top()), pos2(x, area.bottom()));
    let response = ui.interact(rect, ui.make_persistent_id("counts"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
    if let Some(text) = unseen {
        painter.vline(
            (x + 8.0).round() + 0.5,
            area.shrink2(vec2(0.0, 10.0)).y_range(),
            Stroke::new(1.0, t.stroke_strong),
        );
        widgets::paint_tag(&painter, t, pos2(x + 17.0, area.center().y), &text, TagStyle::Accent);
    }
}

/// That the filter has not seen everything yet.
fn unseen_words(tail: &Tail) -> Option<String> {
    let remaining = tail.filter.as_ref().map_or(0, |filter| filter.remaining(&tail.store));
    (remaining > 0).then(|| format!("{} still to look at", format::grouped(remaining as i64)))
}

/// `1,204 of 48,311 match`, or how many records there are; of one shard, how many rows it has.
fn counts(tail: &Tail, state: &TailState, selection: Option<&ShardId>) -> Vec<(String, FontId, bool)> {
    let all = format::grouped(tail.store.record_count() as i64);
    if let Some(shard) = selection {
        return vec![
            (format::grouped(state.rows.len(tail) as i64), fonts::value_strong(), true),
            (format!(" rows in {} of ", shard.short()), fonts::body(), false),
            (all, fonts::value(), false),
        ];
    }
    match &tail.filter {
        Some(filter) => vec![
            (format::grouped(filter.len() as i64), fonts::value_strong(), true),
            (" of ".to_owned(), fonts::body(), false),
            (all, fonts::value(), false),
            (" match".to_owned(), fonts::body(), false),
        ],
        None => vec![(all, fonts::value_strong(), true), (" records".to_owned(), fonts::body(), false)],
    }
}
