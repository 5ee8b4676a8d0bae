//! The table of all listed shards.

use std::sync::Arc;

use eframe::egui::{Id, Rect, Ui, vec2};

use super::bands::share_text;
use super::rows::{Facts, ShardFacts};
use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::limits::{CRITICAL_SHARE, WARN_SHARE};
use crate::ui::command::{Command, Commands, Dialog};
use crate::ui::theme::{self, Tokens, fonts};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Column, Row, Table, TagStyle, paint_tag};

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
}

const COLUMNS: [Column; 9] = [
    Column::new("shard", "Shard", 170.0).sortable(),
    Column::new("state", "State", 92.0).sortable(),
    Column::new("parents", "Parents", 122.0).drop(2),
    Column::new("children", "Children", 110.0).drop(3),
    Column::new("range", "Hash range", 190.0).rest(168.0).sortable(),
    Column::new("space", "Key space", 88.0).right().sortable(),
    Column::new("load", "Load", 72.0).right().sortable(),
    Column::new("density", "Load ÷ space", 98.0).right().sortable().drop(1),
    Column::new("now", "Of limit now", 126.0).right().sortable(),
];

const SORTS: [(&str, SortBy); 7] = [
    ("shard", SortBy::Shard),
    ("state", SortBy::State),
    ("range", SortBy::HashRange),
    ("space", SortBy::Space),
    ("load", SortBy::Load),
    ("density", SortBy::Density),
    ("now", SortBy::Now),
];

/// The order of the rows, worked out again only when facts or sorting change.
#[derive(Debug, Default)]
pub struct Order {
    made_for: Option<(usize, SortBy, bool)>,
    // Kept so that the address above cannot be used again.
    facts: Option<Arc<Facts>>,
    rows: Vec<usize>,
}

impl Order {
    fn update(&mut self, facts: &Arc<Facts>, sort: SortBy, is_ascending: bool) {
        let made_for = Some((Arc::as_ptr(facts) as usize, sort, is_ascending));
        if self.made_for == made_for {
            return;
        }
        self.rows = (0..facts.shards.len()).collect();
        let shard = |at: usize| facts.shards.get(at);
        self.rows.sort_by(|a, b| match (shard(*a), shard(*b)) {
            (Some(a), Some(b)) => compare(a, b, sort, is_ascending),
            _ => std::cmp::Ordering::Equal,
        });
        self.made_for = made_for;
        self.facts = Some(Arc::clone(facts));
    }
}

/// Unknown figures come last whatever the direction; ties are in hash order.
fn compare(a: &ShardFacts, b: &ShardFacts, sort: SortBy, is_ascending: bool) -> std::cmp::Ordering {
    let figure = |shard: &ShardFacts| match sort {
        SortBy::Space => Some(shard.space),
        SortBy::Load => shard.load,
        SortBy::Density => shard.density(),
        SortBy::Now => shard.now,
        SortBy::State => Some(f64::from(u8::from(!shard.is_open))),
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
        (_, None, None) => b.is_open.cmp(&a.is_open).then(ties),
    }
}

/// Draws the table.
pub fn show(
    ui: &mut Ui,
    facts: &Arc<Facts>,
    (sort, is_ascending): (&mut SortBy, &mut bool),
    order: &mut Order,
    selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    order.update(facts, *sort, *is_ascending);
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
            draw(row, shard, out);
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
    footer(ui, facts, column);
}

fn footer(ui: &mut Ui, facts: &Facts, column: &str) {
    let t = theme::tokens(ui);
    let rect = ui.available_rect_before_wrap();
    let by = match column {
        "shard" => "id",
        "now" => "share of the limit",
        "density" => "load per key space",
        other => COLUMNS.iter().find(|c| c.id == other).map_or("", |c| c.title),
    };
    let text = format!("{} listed, sorted by {}.", format::counted(facts.shards.len(), "shard"), by.to_lowercase());
    let line = Rect::from_min_max(eframe::egui::pos2(rect.left() + 16.0, rect.bottom() - 25.0), rect.max);
    ui.painter().hline(rect.x_range(), line.top() + 0.5, eframe::egui::Stroke::new(1.0, t.stroke_weak));
    widgets::paint_elided(ui.painter(), line, eframe::egui::Align::Min, &text, fonts::small(), t.weak);
}

fn draw(row: &mut Row<'_>, shard: &ShardFacts, out: &mut Commands) {
    let t = row.tokens;
    row.name(|| spoken(shard));
    let (name, value) = if shard.is_open { (t.strong, t.text) } else { (t.faint, t.faint) };
    row.text("shard", &format::one_line(shard.id.as_str(), 64), fonts::value(), name);
    if let Some(cell) = row.cell("state") {
        let (text, style) = if shard.is_open { ("OPEN", TagStyle::Ok) } else { ("CLOSED", TagStyle::Neutral) };
        paint_tag(&row.painter, t, cell.left_center(), text, style);
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
    of_limit(row, shard);
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

fn of_limit(row: &Row<'_>, shard: &ShardFacts) {
    let Some(cell) = row.cell("now") else { return };
    let t = row.tokens;
    if !shard.is_open {
        row.text("now", format::UNKNOWN, fonts::value(), t.faint);
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
    let state = if shard.is_open { "OPEN" } else { "CLOSED" };
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
            parents: String::new(),
            children: String::new(),
            space: 1.0,
            bytes_per_sec: None,
            load: None,
            now,
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
