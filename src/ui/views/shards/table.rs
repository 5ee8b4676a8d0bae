//! The table of the shards that are in sight: sorted, searched, copied.

use std::sync::Arc;

use eframe::egui::{Id, Key, Layout, Rect, Ui, UiBuilder, vec2};

use super::bands::share_text;
use super::rows::{Facts, ShardFacts};
use super::sight::{Sight, day, short_when};
use crate::model::format;
use crate::model::hash_range::HashKey;
use crate::model::ids::ShardId;
use crate::model::limits::{CRITICAL_SHARE, WARN_SHARE};
use crate::model::shard_lives::ShardState;
use crate::model::time::Timestamp;
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, Tokens, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Button, Column, Row, Table, TagStyle, paint_tag};

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// Id, as a number would sort.
    Shard,
    /// Open before closed.
    State,
    /// Place in the key space.
    HashRange,
    /// Width in the key space.
    Space,
    /// Share of the stream's load.
    Load,
    /// Load divided by key space.
    Density,
    /// Share of the write limit.
    Now,
    /// When it began to take writes.
    Created,
}

/// What is to be shown.
pub struct Asked<'a> {
    /// Which shards are in sight.
    pub sight: &'a Arc<Sight>,
    /// What is looked for among them.
    pub filter: &'a str,
    /// The present.
    pub now: Timestamp,
}

const COLUMNS: [Column; 10] = [
    Column::new("shard", "Shard", 170.0).sortable(),
    Column::new("state", "State", 92.0).sortable(),
    Column::new("parents", "Parents", 122.0).drop(2),
    Column::new("children", "Children", 110.0).drop(3),
    Column::new("range", "Hash range", 190.0).rest(168.0).sortable(),
    Column::new("space", "Key space", 88.0).right().sortable(),
    Column::new("load", "Load", 72.0).right().sortable(),
    Column::new("density", "Load ÷ space", 98.0).right().sortable().drop(1),
    Column::new("now", "Of limit now", 134.0).right().sortable(),
    Column::new("created", "Created", 96.0).sortable().drop(4),
];

const SORTS: [(&str, SortBy); 8] = [
    ("shard", SortBy::Shard),
    ("state", SortBy::State),
    ("range", SortBy::HashRange),
    ("space", SortBy::Space),
    ("load", SortBy::Load),
    ("density", SortBy::Density),
    ("now", SortBy::Now),
    ("created", SortBy::Created),
];

/// The order of the rows, worked out again only when facts or sorting change.
#[derive(Debug, Default)]
pub struct Order {
    made_for: Option<(usize, usize, SortBy, bool, String)>,
    // Kept so that the addresses above cannot be used again.
    facts: Option<(Arc<Facts>, Arc<Sight>)>,
    rows: Vec<usize>,
}

impl Order {
    fn update(&mut self, facts: &Arc<Facts>, asked: &Asked<'_>, sort: SortBy, is_ascending: bool) {
        let (of, sight) = (Arc::as_ptr(facts) as usize, Arc::as_ptr(asked.sight) as usize);
        let is_same = |made: &(usize, usize, SortBy, bool, String)| {
            (made.0, made.1, made.2, made.3, made.4.as_str()) == (of, sight, sort, is_ascending, asked.filter)
        };
        if self.made_for.as_ref().is_some_and(is_same) {
            return;
        }
        let made_for = Some((of, sight, sort, is_ascending, asked.filter.to_owned()));
        let shard = |at: usize| facts.shards.get(at);
        let wanted = Wanted::new(asked.filter);
        let in_sight = (0..facts.shards.len()).filter(|at| asked.sight.shows(*at));
        self.rows = in_sight.filter(|at| shard(*at).is_some_and(|shard| wanted.holds(shard))).collect();
        self.rows.sort_by(|a, b| match (shard(*a), shard(*b)) {
            (Some(a), Some(b)) => compare(a, b, sort, is_ascending),
            _ => std::cmp::Ordering::Equal,
        });
        self.made_for = made_for;
        self.facts = Some((Arc::clone(facts), Arc::clone(asked.sight)));
    }
}

/// What is looked for: words that all have to be found, or a hash key that has to be owned.
struct Wanted {
    words: Vec<String>,
    key: Option<HashKey>,
}

impl Wanted {
    fn new(filter: &str) -> Self {
        // A short number is rather a part of an id than a hash key.
        let is_key = filter.trim().len() > 12 || filter.trim().starts_with("0x");
        let key = HashKey::parse(filter).ok().filter(|_| is_key);
        Self { words: filter.to_lowercase().split_whitespace().map(str::to_owned).collect(), key }
    }

    fn holds(&self, shard: &ShardFacts) -> bool {
        if let Some(key) = self.key {
            return shard.range.contains(key);
        }
        let texts = [
            shard.id.as_str().to_lowercase(),
            shard.state.word().to_lowercase(),
            shard.parents.to_lowercase(),
            shard.children.to_lowercase(),
            shard.range.to_string(),
        ];
        self.words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
    }
}

/// Unknown figures come last whatever the direction; ties are in hash order.
fn compare(a: &ShardFacts, b: &ShardFacts, sort: SortBy, is_ascending: bool) -> std::cmp::Ordering {
    let figure = |shard: &ShardFacts| match sort {
        SortBy::Space => Some(shard.space),
        SortBy::Load => shard.load,
        SortBy::Density => shard.density(),
        SortBy::Now => shard.now,
        SortBy::State => Some(match shard.state {
            ShardState::Open => 0.0,
            ShardState::Closed => 1.0,
            ShardState::Expired => 2.0,
        }),
        SortBy::Created => shard.born.map(|born| born.at.0 as f64),
        SortBy::Shard | SortBy::HashRange => Some(0.0),
    };
    let ties = a.range.start.cmp(&b.range.start).then_with(|| a.id.cmp(&b.id));
    let directed = |order: std::cmp::Ordering| if is_ascending { order } else { order.reverse() };
    match (sort, figure(a), figure(b)) {
        (SortBy::Shard, ..) => directed(a.id.cmp(&b.id)),
        (SortBy::HashRange, ..) => directed(ties),
        (_, Some(x), Some(y)) => directed(x.total_cmp(&y)).then(ties),
        (_, None, Some(_)) => std::cmp::Ordering::Greater,
        (_, Some(_), None) => std::cmp::Ordering::Less,
        (_, None, None) => a.state.cmp(&b.state).then(ties),
    }
}

/// Draws the table.
pub fn show(
    ui: &mut Ui,
    facts: &Arc<Facts>,
    asked: &Asked<'_>,
    (sort, is_ascending): (&mut SortBy, &mut bool),
    order: &mut Order,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    order.update(facts, asked, *sort, *is_ascending);
    let at = |row: usize| order.rows.get(row).and_then(|at| facts.shards.get(*at));
    let selected = selection
        .as_ref()
        .and_then(|id| order.rows.iter().position(|at| facts.shards.get(*at).is_some_and(|shard| shard.id == *id)));
    let column = SORTS.iter().find(|(_, by)| by == sort).map_or("now", |(id, _)| id);
    let height = ui.available_height() - 25.0;
    let table = Table::new(Id::unique("shards table"), &COLUMNS)
        .gutters(10.0, 10.0)
        .header_height(25.0)
        .row_height(25.0)
        .sort(column, *is_ascending)
        .selected(selected)
        .keys(true)
        .max_height(height);
    let outcome = table.show(ui, order.rows.len(), |row| {
        if let Some(shard) = at(row.index) {
            draw(row, shard, asked.now, out);
        }
    });
    if let Some(shard) = outcome.selected.and_then(at) {
        *selection = Some(shard.id.clone());
    }
    if let Some(shard) = outcome.opened.and_then(at) {
        out.push(Command::TailShard(shard.id.clone()));
    }
    if let Some((_, by)) = outcome.sorted.and_then(|id| SORTS.iter().find(|(name, _)| *name == id)) {
        let starts_ascending = matches!(by, SortBy::Shard | SortBy::State | SortBy::HashRange);
        *is_ascending = if by == sort { !*is_ascending } else { starts_ascending };
        *sort = *by;
    }
    if widgets::take_key(ui, Key::C)
        && let Some(shard) = selected.and_then(at)
    {
        out.push(Command::Copy(shard.id.to_string()));
    }
    footer(ui, facts, order, column, out);
}

/// The rows as they stand, for a spreadsheet.
fn as_text(facts: &Facts, order: &Order) -> String {
    let mut text = String::from("shard\tstate\tparents\tchildren\tstart\tend\tspace\tload\tof_limit_now\tcreated\n");
    for shard in order.rows.iter().filter_map(|at| facts.shards.get(*at)) {
        let figure = |figure: Option<f64>| figure.map_or_else(String::new, |figure| format!("{figure:.4}"));
        let born = shard.born.map_or_else(String::new, |born| born.at.to_rfc3339());
        let line = [
            shard.id.to_string(),
            shard.state.word().to_owned(),
            shard.parents.clone(),
            shard.children.clone(),
            shard.range.start.to_string(),
            shard.range.end.to_string(),
            figure(Some(shard.space)),
            figure(shard.load),
            figure(shard.now),
            born,
        ];
        text.push_str(&line.join("\t"));
        text.push('\n');
    }
    text
}

fn footer(ui: &mut Ui, facts: &Facts, order: &Order, column: &str, out: &mut Commands) {
    let t = theme::tokens(ui);
    let rect = ui.available_rect_before_wrap();
    let by = match column {
        "shard" => "id",
        "now" => "share of the limit",
        "density" => "load per key space",
        other => COLUMNS.iter().find(|c| c.id == other).map_or("", |c| c.title),
    };
    let (shown, all) = (order.rows.len(), facts.shards.len());
    let count = match shown == all {
        true => format::counted(all, "shard"),
        false => format!("{} of {}", format::grouped(shown as i64), format::counted(all, "shard")),
    };
    let text = match shown {
        0 => format!("No shard of {all} is in sight: clear the filter, or look further back."),
        _ => format!("{count}, sorted by {}.", by.to_lowercase()),
    };
    let line = Rect::from_min_max(eframe::egui::pos2(rect.left() + 16.0, rect.bottom() - 25.0), rect.max);
    ui.painter().hline(rect.x_range(), line.top() + 0.5, eframe::egui::Stroke::new(1.0, t.stroke_weak));
    widgets::paint_elided(ui.painter(), line, eframe::egui::Align::Min, &text, fonts::small(), t.weak);
    let place =
        Rect::from_min_max(eframe::egui::pos2(line.right() - 130.0, line.top() + 1.0), line.max - vec2(12.0, 0.0));
    let layout = Layout::right_to_left(eframe::egui::Align::Center);
    let mut ui = ui.new_child(UiBuilder::new().id_salt("copy rows").max_rect(place).layout(layout));
    let button =
        Button::ghost("Copy rows").icon(icons::COPY).height(22.0).tooltip("All rows in this order, tab-separated");
    if ui.add(button).clicked() {
        out.push(Command::Copy(as_text(facts, order)));
    }
}

fn draw(row: &mut Row<'_>, shard: &ShardFacts, now: Timestamp, out: &mut Commands) {
    let t = row.tokens;
    row.name(|| spoken(shard));
    let (name, value) = if shard.is_open { (t.strong, t.text) } else { (t.faint, t.faint) };
    row.text("shard", &format::one_line(shard.id.as_str(), 64), fonts::value(), name);
    if let Some(cell) = row.cell("state") {
        let style = if shard.is_open { TagStyle::Ok } else { TagStyle::Neutral };
        let closed = shard.closed.filter(|closed| shard.state == ShardState::Closed && closed.at.date() == now.date());
        let word = shard.state.word();
        let text = closed.map_or_else(|| word.to_owned(), |closed| format!("{word} {}", closed.at.hm()));
        paint_tag(&row.painter, t, cell.left_center(), &text, style);
    }
    row.text("parents", &shard.parents, fonts::value(), if shard.parents == "—" { t.faint } else { value });
    row.text("children", &shard.children, fonts::value(), if shard.children == "—" { t.faint } else { value });
    row.text("range", &shard.range.to_string(), fonts::value(), value);
    row.text("space", &share_text(Some(shard.space)), fonts::value(), value);
    row.text("load", &share_text(shard.load), fonts::value(), if shard.load.is_some() { value } else { t.faint });
    let density = shard.density().map_or_else(|| format::UNKNOWN.to_owned(), |density| format!("×{density:.2}"));
    let ink = match shard.density() {
        Some(_) if shard.is_dense() => t.warn,
        Some(_) => value,
        None => t.faint,
    };
    row.text("density", &density, fonts::value(), ink);
    of_limit(row, shard, now);
    let born = shard.born.map_or_else(|| format::UNKNOWN.to_owned(), |born| day(born.at));
    row.text("created", &born, fonts::small(), if shard.is_open { t.weak } else { t.faint });
    let id = shard.id.clone();
    let range = shard.range;
    let is_open = shard.is_open;
    row.menu(|ui| {
        if menu_item(ui, "Copy shard id", false).clicked() {
            out.push(Command::Copy(id.to_string()));
            ui.close();
        }
        if menu_item(ui, "Copy hash range", false).clicked() {
            out.push(Command::Copy(format!("{} {}", range.start, range.end)));
            ui.close();
        }
        if menu_item(ui, "Tail this shard", false).clicked() {
            out.push(Command::TailShard(id.clone()));
            ui.close();
        }
        if is_open && menu_item(ui, "Split…", false).clicked() {
            out.push(Command::SelectShard(Some(id.clone())));
            out.push(Command::Open(Dialog::Reshard));
            ui.close();
        }
    });
}

fn of_limit(row: &Row<'_>, shard: &ShardFacts, now: Timestamp) {
    let Some(cell) = row.cell("now") else { return };
    let t = row.tokens;
    if !shard.is_open {
        let text = match (shard.until, shard.state) {
            (_, ShardState::Expired) => "expired".to_owned(),
            (Some(until), _) => format!("until {}", short_when(until, now)),
            (None, _) => format::UNKNOWN.to_owned(),
        };
        row.text("now", &text, fonts::small(), t.faint);
        return;
    }
    let bar = Rect::from_min_size(eframe::egui::pos2(cell.right() - 90.0, cell.center().y - 3.0), vec2(44.0, 6.0));
    widgets::utilisation_bar(&row.painter, t, row.is_dark(), bar, shard.now, false);
    let text = shard.now.map_or_else(|| format::UNKNOWN.to_owned(), format::percent);
    let (font, color) = share_style(t, shard);
    row.text("now", &text, font, color);
}

fn share_style(t: &Tokens, shard: &ShardFacts) -> (eframe::egui::FontId, eframe::egui::Color32) {
    match shard.now {
        Some(share) if share >= CRITICAL_SHARE || (share >= WARN_SHARE && shard.refused > 0.0) => {
            (fonts::value_strong(), t.crit)
        }
        Some(share) if share >= WARN_SHARE => (fonts::value_strong(), t.warn),
        Some(_) => (fonts::value(), t.text),
        None => (fonts::value(), t.faint),
    }
}

/// The row in words.
fn spoken(shard: &ShardFacts) -> String {
    let state = shard.state.word();
    let mut text = format!("Shard {} {state} {} of the key space", shard.id, share_text(Some(shard.space)));
    if let Some(load) = shard.load {
        text.push_str(&format!(", {} of the load", share_text(Some(load))));
    }
    if let Some(now) = shard.now {
        text.push_str(&format!(", {} of limit now", format::percent(now).replace('%', " %")));
    }
    if shard.refused > 0.0 {
        text.push_str(&format!(", {} writes refused", format::grouped(shard.refused as i64)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::HashKeyRange;

    fn facts(id: &str, now: Option<f64>) -> ShardFacts {
        ShardFacts {
            id: ShardId::from(id),
            range: HashKeyRange::FULL,
            is_open: now.is_some(),
            state: ShardState::Open,
            born: None,
            closed: None,
            until: None,
            parents: String::new(),
            children: String::new(),
            space: 1.0,
            bytes_per_sec: None,
            load: None,
            known_space: 1.0,
            now,
            peak: None,
            refused: 0.0,
        }
    }

    #[test]
    fn unknown_figures_come_last_in_both_directions() {
        let (known, unknown) = (facts("b", Some(0.1)), facts("a", None));
        for ascending in [true, false] {
            assert_eq!(compare(&known, &unknown, SortBy::Now, ascending), std::cmp::Ordering::Less);
        }
        assert_eq!(compare(&known, &unknown, SortBy::Shard, true), std::cmp::Ordering::Greater);
    }
}
