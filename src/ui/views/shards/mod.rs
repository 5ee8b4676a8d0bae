//! The shards of the open stream: how the key space is cut, how it got so, and where the load lies.

mod bands;
mod events;
pub mod key_space;
mod lineage;
mod ribbons;
mod rows;
mod sight;
mod table;
mod toolbar;
mod tools;

use eframe::egui::{Align, Align2, Key, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use bands::Look;
pub use rows::{Facts, FactsCache, ShardFacts};
use sight::{Sight, SightState};
use table::SortBy;
use tools::ToolsState;

use crate::model::format;
use crate::model::ids::ShardId;
use crate::model::shard_map::TilingFault;
use crate::model::world::{OpenStream, World};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, ProblemAction};

/// Least room for the table; the picture gives way before it.
const LEAST_TABLE: f32 = 150.0;

/// Most generations above the open shards.
const MOST_GENERATIONS: usize = 4;

/// What the view remembers.
#[derive(Debug)]
pub struct ShardsState {
    sort: SortBy,
    is_ascending: bool,
    sight: SightState,
    tools: ToolsState,
    focus_filter: bool,
    cache: FactsCache,
    order: table::Order,
}

impl Default for ShardsState {
    fn default() -> Self {
        Self {
            sort: SortBy::Now,
            is_ascending: false,
            sight: SightState::default(),
            tools: ToolsState::default(),
            focus_filter: false,
            cache: FactsCache::default(),
            order: table::Order::default(),
        }
    }
}

impl ShardsState {
    /// Puts the cursor into the filter of the table, in the next frame.
    pub fn focus_filter(&mut self) {
        self.focus_filter = true;
    }
}

/// Draws the view.
pub fn show(ui: &mut Ui, world: &World, state: &mut ShardsState, selection: &mut Option<ShardId>, out: &mut Commands) {
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let Some(open) = &world.open else {
        widgets::empty(ui, icons::SHARDS, "No stream is open", "Choose one at the left.", None);
        return;
    };
    let Some(facts) = state.cache.get(open) else { return without_shards(ui, open, out) };
    toolbar::show(ui, world, open, &facts, &mut state.sight, out);
    notices(ui, world, open, &facts, out);
    let sight = state.sight.sight(&facts, world.now);
    state.tools.update(world, open, &facts);
    picture(ui, world, &facts, &sight, state, selection);
    tools::show(ui, world, &mut state.tools, std::mem::take(&mut state.focus_filter), selection);
    keys(ui, &facts, &sight, selection);
    let (sort, is_ascending) = (&mut state.sort, &mut state.is_ascending);
    let asked = table::Asked { sight: &sight, filter: &state.tools.filter, now: world.now };
    table::show(ui, &facts, &asked, (sort, is_ascending), &mut state.order, selection, out);
}

/// The keys of the picture: to the neighbour in the key space, to an ancestor, to a descendant.
fn keys(ui: &Ui, facts: &Facts, sight: &Sight, selection: &mut Option<ShardId>) {
    let at = selection.as_ref().and_then(|id| facts.shards.iter().position(|shard| shard.id == *id));
    let next = |to: Option<usize>| to.and_then(|at| facts.shards.get(at)).map(|shard| shard.id.clone());
    let open = at.and_then(|at| facts.open.iter().position(|open| *open == at));
    let beside = |step: isize| {
        let to = open.map_or(Some(0), |open| open.checked_add_signed(step));
        next(to.and_then(|to| facts.open.get(to)).copied())
    };
    let of = |relatives: &[usize]| next(relatives.iter().copied().find(|at| sight.shows(*at)));
    let wanted = [
        (Key::ArrowLeft, beside(-1)),
        (Key::ArrowRight, beside(1)),
        (Key::A, at.and_then(|at| of(facts.lineage.parents(at)))),
        (Key::D, at.and_then(|at| of(facts.lineage.children(at)))),
    ];
    for (key, shard) in wanted {
        if widgets::take_key(ui, key) && shard.is_some() {
            *selection = shard;
            return;
        }
    }
}

fn without_shards(ui: &mut Ui, open: &OpenStream, out: &mut Commands) {
    match &open.shards.problem {
        Some((problem, _)) => {
            if widgets::problem(ui, "Cannot list the shards", problem, out) == ProblemAction::Retry {
                out.push(Command::Refresh);
            }
        }
        None => widgets::loading_rows(ui, "Loading shards", "ListShards", 12, 25.0),
    }
}

/// Strips above the picture: old data, and shards that do not cover the key space.
fn notices(ui: &mut Ui, world: &World, open: &OpenStream, facts: &Facts, out: &mut Commands) {
    if open.shards.is_stale()
        && let (Some((problem, _)), Some(age)) = (&open.shards.problem, open.shards.age_at(world.now))
        && widgets::stale_strip(ui, &format::duration(age), &problem.sentence, "Retry")
    {
        out.push(Command::Refresh);
    }
    let Some(fault) = facts.faults.first() else { return };
    let described = match fault {
        TilingFault::Hole(range) => format!("no open shard owns {range}"),
        TilingFault::Overlap(range) => format!("two open shards own {range}"),
    };
    let more = match facts.faults.len() {
        1 => String::new(),
        count => format!(", and {} more places", count - 1),
    };
    let text = format!(
        "The open shards do not tile the key space: {described}{more}; the listing was taken during a reshard, or the server is not Kinesis."
    );
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &text));
    let painter = ui.painter();
    painter.rect_filled(rect, 0, t.warn_dim);
    painter.text(
        pos2(rect.left() + 16.0, rect.center().y),
        Align2::LEFT_CENTER,
        icons::WARNING,
        fonts::icon(14.0),
        t.warn,
    );
    let words = Rect::from_min_max(pos2(rect.left() + 38.0, rect.top()), rect.max - vec2(12.0, 0.0));
    widgets::paint_elided(painter, words, Align::Min, &text, fonts::body(), t.text);
    response.on_hover_text(&text);
}

fn picture(
    ui: &mut Ui,
    world: &World,
    facts: &Facts,
    sight: &Sight,
    state: &ShardsState,
    selection: &mut Option<ShardId>,
) {
    let room = ui.available_height() - LEAST_TABLE - tools::HEIGHT;
    let known = sight.generations.len();
    let lineage = if known > 1 { known.min(MOST_GENERATIONS) } else { 0 };
    let needed = |generations: usize| 19.0 + bands::height(generations) + 14.0 + ribbons::HEIGHT + 6.0;
    let Some(generations) = (0..=lineage).rev().find(|generations| needed(*generations) <= room) else { return };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), needed(generations)), Sense::hover());
    let inner = Rect::from_min_max(rect.min + vec2(16.0, 19.0), rect.max - vec2(16.0, 0.0));
    let lower = inner.top() + bands::height(generations) + 14.0;
    let upper = Rect::from_min_max(inner.min, pos2(inner.right(), lower));
    let rows = sight.generations.get(known - generations..).unwrap_or_default();
    let key = state.tools.found().map(|found| found.key);
    let look = Look { sight, rows, colour: state.sight.colour, key, now: world.now };
    let _ = bands::show(ui, upper, &look, facts, selection);
    ribbons::show(ui, Rect::from_min_size(pos2(inner.left(), lower), vec2(inner.width(), ribbons::HEIGHT)), facts);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme::tokens(ui).stroke));
}
