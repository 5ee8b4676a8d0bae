//! Every widget once, in both themes.

use eframe::egui::{self, Align, Id, Rect, pos2, vec2};
use kinescope::model::answer::{Problem, ProblemKind};
use kinescope::model::connection::Environment;
use kinescope::model::health::Severity;
use kinescope::model::sentence::{Sentence, Span};
use kinescope::model::settings::ThemeChoice;
use kinescope::ui::command::Commands;
use kinescope::ui::theme::{self, fonts, icons};
use kinescope::ui::widgets::{self, Button, ButtonKind, Column, Table, TagStyle, TextField};

use crate::harness::{harness, picture};

#[derive(Default)]
struct Gallery {
    range: usize,
    text: [String; 3],
    selected: Option<usize>,
    out: Commands,
}

const COLUMNS: [Column; 3] = [
    Column::new("shard", "Shard", 180.0).rest(120.0).sortable(),
    Column::new("peak", "Peak", 60.0).right().drop(1),
    Column::new("now", "Now", 60.0).right().sortable(),
];

fn buttons(ui: &mut egui::Ui) {
    ui.horizontal(|ui| {
        ui.add(Button::primary("Primary"));
        ui.add(Button::new("Default"));
        ui.add(Button::ghost("Ghost"));
        ui.add(Button::danger("Danger"));
        ui.add(Button::danger("Disabled").enabled(Err("Writes are locked.")));
        ui.add(Button::new("Outline").kind(ButtonKind::DangerOutline));
        ui.add(Button::new("Following").kind(ButtonKind::On).icon(icons::CHECK));
        ui.add(Button::primary("Show keys").icon(icons::KEYS).key("K"));
        ui.add(Button::new("Open heatmap").trailing_icon(icons::ARROW_RIGHT).small());
        widgets::icon_button(ui, icons::REFRESH, "Refresh");
    });
}

fn tags(ui: &mut egui::Ui) {
    ui.horizontal(|ui| {
        for (text, style) in [
            ("OPEN", TagStyle::Ok),
            ("83 %", TagStyle::Warn),
            ("HOT", TagStyle::Crit),
            ("312", TagStyle::Throttle),
            ("UPDATING", TagStyle::Accent),
            ("24 h", TagStyle::Neutral),
            ("PROD", TagStyle::Environment(Environment::Prod)),
            ("DEMO", TagStyle::Environment(Environment::Demo)),
        ] {
            widgets::tag(ui, text, style);
        }
        widgets::key_cap(ui, "Ctrl K");
        let t = theme::tokens(ui);
        for severity in [Severity::Critical, Severity::Warning, Severity::Changing, Severity::Ok, Severity::Unknown] {
            let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), egui::Sense::hover());
            widgets::status_glyph(ui.painter(), t, rect.center(), severity);
            widgets::label(ui, severity.word(), fonts::body(), t.text);
        }
    });
}

fn fields(ui: &mut egui::Ui, state: &mut Gallery) {
    ui.horizontal(|ui| {
        widgets::segmented(ui, "Range", &["15m", "1h", "3h"], &mut state.range);
        let [a, b, c] = &mut state.text;
        TextField::new(Id::unique("a"), "Key", a).mono().width(120.0).show(ui);
        TextField::new(Id::unique("b"), "Filter", b).icon(icons::SEARCH).hint("Filter").key("/").width(160.0).show(ui);
        TextField::new(Id::unique("c"), "Json", c).mono().invalid(true).trailing("col 8").width(160.0).show(ui);
        widgets::dropdown(ui, "Region", "us-east-1", &["us-east-1", "eu-west-1"], 0, 120.0);
    });
}

fn charts(ui: &mut egui::Ui) {
    let t = theme::tokens(ui);
    let dark = ui.visuals().dark_mode;
    let (rect, _) = ui.allocate_exact_size(vec2(600.0, 30.0), egui::Sense::hover());
    let values: Vec<Option<f64>> =
        (0..60).map(|i| (!(20..26).contains(&i)).then(|| 10.0 + f64::from(i % 7) + f64::from(i) / 4.0)).collect();
    let at = |left: f32| Rect::from_min_size(pos2(rect.left() + left, rect.top()), vec2(80.0, 24.0));
    widgets::sparkline(ui.painter(), at(0.0), &values, None, t.s2);
    widgets::stacked_bars(ui.painter(), at(100.0), &values, None, t.throttle);
    for (index, share) in [Some(0.3), Some(0.85), Some(1.2), None].into_iter().enumerate() {
        let bar =
            Rect::from_min_size(pos2(rect.left() + 200.0 + 80.0 * index as f32, rect.top() + 9.0), vec2(60.0, 6.0));
        widgets::utilisation_bar(ui.painter(), t, dark, bar, share, true);
    }
    let hatched = Rect::from_min_size(pos2(rect.left() + 530.0, rect.top()), vec2(60.0, 24.0));
    ui.painter().rect_filled(hatched, 0, theme::heat::no_data(dark));
    widgets::hatching(ui.painter(), hatched, 5.0, 1.2, theme::heat::hatch(dark));
}

fn gallery(ui: &mut egui::Ui, state: &mut Gallery) {
    let t = theme::tokens(ui);
    ui.painter().rect_filled(ui.max_rect(), 0, t.panel);
    ui.spacing_mut().item_spacing.y = 12.0;
    ui.add_space(16.0);
    buttons(ui);
    tags(ui);
    fields(ui, state);
    charts(ui);
    let line = Sentence::new()
        .plain("Shard ")
        .span(Span::Code("…0007".into()))
        .plain(" at ")
        .span(Span::Crit("96 %".into()))
        .plain(" of 1 MiB/s. ")
        .span(Span::Throttle("312 writes".into()))
        .plain(" refused; ")
        .span(Span::Strong("splitting will not help".into()));
    widgets::sentence(ui, &line);
    let mut sort = None;
    let rows = ["shardId-000000000012", "shardId-000000000016", "shardId-000000000007"];
    ui.allocate_ui(vec2(430.0, 120.0), |ui| {
        let table = Table::new(Id::unique("gallery"), &COLUMNS).sort("now", false).selected(state.selected).keys(true);
        let outcome = table.show(ui, rows.len(), |row| {
            let id = rows[row.index];
            row.name(|| format!("Shard {id} now 48 %"));
            row.text("shard", id, fonts::value(), row.tokens.strong);
            row.text("peak", "51%", fonts::value(), row.tokens.weak);
            row.text("now", "48%", fonts::value(), row.tokens.text);
        });
        state.selected = outcome.selected.or(state.selected);
        sort = outcome.sorted;
    });
    widgets::stale_strip(ui, "6 m 8 s", "The session has expired; sign in again.", "Retry");
    ui.columns(3, |columns| {
        if let [a, b, c] = columns {
            widgets::loading_rows(a, "Loading shards", "page 2, 2,000 so far", 4, 26.0);
            widgets::empty(
                b,
                icons::HEATMAP,
                "No shard-level metrics yet",
                "Turn on enhanced monitoring.",
                Some("Tail it"),
            );
            let denied = Problem {
                kind: ProblemKind::AccessDenied,
                operation: "GetMetricData",
                sentence: "AccessDenied: cloudwatch:GetMetricData is missing for role oncall-ro.".into(),
                remedy: Some(
                    "{\"Effect\":\"Allow\",\"Action\":\"cloudwatch:GetMetricData\",\"Resource\":\"*\"}".into(),
                ),
            };
            widgets::problem(c, "Cannot read metrics", &denied, &mut state.out);
        }
    });
    let _ = Align::Min;
}

#[test]
fn every_widget_draws_in_both_themes() {
    for (choice, name) in [(ThemeChoice::Dark, "components"), (ThemeChoice::Light, "components_light")] {
        let state = Gallery { text: ["tenant-9".into(), String::new(), "{\"a\":1,}".into()], ..Gallery::default() };
        let mut harness = harness((1200.0, 640.0), choice, state, gallery);
        harness.check_accessibility();
        picture(&mut harness, name);
    }
}

#[test]
fn keys_move_the_selection_of_a_table() {
    let mut harness = harness((1200.0, 640.0), ThemeChoice::Dark, Gallery::default(), gallery);
    harness.key_press(egui::Key::J);
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowDown);
    harness.run_steps(2);
    assert_eq!(harness.state().selected, Some(1));
}
