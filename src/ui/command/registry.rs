//! The one list of what can be done: label, hint, shortcut, and whether it can be done now or why not. The palette, the
//! shortcuts dialog and the keyboard are fed by it.

use eframe::egui::{Key, Modifiers};

use super::{Command, Dialog, Place, StreamPart, Tab};
use crate::model::health::Severity;
use crate::model::ids::ShardId;
use crate::model::settings::ThemeChoice;
use crate::model::world::World;

/// What can be asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens the palette.
    Palette,
    /// Goes to the filter of the list on screen.
    Filter,
    /// All streams.
    Fleet,
    /// Every change that was made.
    Activity,
    /// All settings.
    Settings,
    /// Choose another connection.
    SwitchConnection,
    /// A tab of the open stream.
    Tab(Tab),
    /// The stream that needs a person most.
    WorstStream,
    /// Selects the hottest shard of the open stream.
    HottestShard,
    /// Fetches again.
    Refresh,
    /// Sends records.
    Inject,
    /// Splits a shard.
    Reshard,
    /// Switches the capacity mode.
    CapacityMode,
    /// Shows and changes a part of what the open stream is.
    Manage(StreamPart),
    /// Makes a stream.
    Create,
    /// Allows writes, or locks them at once.
    ToggleLock,
    /// Copies the verdict on the open stream.
    CopyVerdict,
    /// Copies the ARN of the open stream.
    CopyArn,
    /// Light or dark.
    ToggleTheme,
    /// Larger.
    ZoomIn,
    /// Smaller.
    ZoomOut,
    /// Normal size.
    ZoomReset,
    /// All shortcuts.
    Shortcuts,
    /// Leaves the program.
    Quit,
}

/// Where an entry stands in the shortcuts dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Getting around.
    Go,
    /// The open stream.
    Stream,
    /// The window.
    Window,
}

/// A key, or two keys one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// As it is shown: `Ctrl K`, `g f`.
    pub label: &'static str,
    /// The key before it, without modifiers.
    pub prefix: Option<Key>,
    /// The key.
    pub key: Key,
    /// What must be held. Shift counts only where it is named.
    pub modifiers: Modifiers,
}

impl Shortcut {
    const fn plain(label: &'static str, key: Key) -> Self {
        Self { label, prefix: None, key, modifiers: Modifiers::NONE }
    }

    const fn command(label: &'static str, key: Key) -> Self {
        Self { label, prefix: None, key, modifiers: Modifiers::COMMAND }
    }

    const fn shift(label: &'static str, key: Key) -> Self {
        Self { label, prefix: None, key, modifiers: Modifiers::SHIFT }
    }

    const fn after(label: &'static str, prefix: Key, key: Key) -> Self {
        Self { label, prefix: Some(prefix), key, modifiers: Modifiers::NONE }
    }
}

/// One thing that can be done.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What.
    pub action: Action,
    /// Its name, as in the palette.
    pub label: &'static str,
    /// One line that explains it.
    pub hint: &'static str,
    /// Its shortcut.
    pub shortcut: Option<Shortcut>,
    /// Where it is listed.
    pub group: Group,
}

const fn entry(
    action: Action,
    group: Group,
    label: &'static str,
    hint: &'static str,
    shortcut: Option<Shortcut>,
) -> Entry {
    Entry { action, label, hint, shortcut, group }
}

/// Around the open stream, without a shortcut of its own.
const fn stream(action: Action, label: &'static str, hint: &'static str) -> Entry {
    entry(action, Group::Stream, label, hint, None)
}

/// Everything, in the order of the palette.
pub const ENTRIES: [Entry; 33] = [
    entry(
        Action::Fleet,
        Group::Go,
        "Go to fleet",
        "all streams, worst first",
        Some(Shortcut::after("g f", Key::G, Key::F)),
    ),
    entry(
        Action::WorstStream,
        Group::Go,
        "Go to the worst stream",
        "heatmap of what needs you most",
        Some(Shortcut::after("g w", Key::G, Key::W)),
    ),
    entry(
        Action::Activity,
        Group::Go,
        "Go to activity log",
        "every change that was made",
        Some(Shortcut::after("g a", Key::G, Key::A)),
    ),
    entry(
        Action::SwitchConnection,
        Group::Go,
        "Switch connection…",
        "profile, endpoint or demo data",
        Some(Shortcut::after("g c", Key::G, Key::C)),
    ),
    entry(Action::Tab(Tab::Heatmap), Group::Stream, "Heatmap", "shards × time", Some(Shortcut::plain("1", Key::Num1))),
    entry(
        Action::Tab(Tab::Shards),
        Group::Stream,
        "Shards",
        "key space and lineage",
        Some(Shortcut::plain("2", Key::Num2)),
    ),
    entry(Action::Tab(Tab::Tail), Group::Stream, "Tail", "records, live", Some(Shortcut::plain("3", Key::Num3))),
    entry(
        Action::Tab(Tab::Keys),
        Group::Stream,
        "Keys",
        "which keys carry the load",
        Some(Shortcut::plain("4", Key::Num4)),
    ),
    entry(
        Action::HottestShard,
        Group::Stream,
        "Select the hottest shard",
        "of the open stream",
        Some(Shortcut::plain("h", Key::H)),
    ),
    entry(
        Action::Inject,
        Group::Stream,
        "Inject…",
        "send records to the open stream",
        Some(Shortcut::plain("I", Key::I)),
    ),
    entry(
        Action::Reshard,
        Group::Stream,
        "Reshard…",
        "split, merge, scale the open stream",
        Some(Shortcut::plain("R", Key::R)),
    ),
    stream(Action::CapacityMode, "Switch capacity mode…", "provisioned or on-demand, and what each costs"),
    stream(Action::Manage(StreamPart::Retention), "Change retention…", "how long records are kept"),
    stream(Action::Manage(StreamPart::Tags), "Change tags…", "of the open stream"),
    stream(Action::Manage(StreamPart::Encryption), "Change encryption…", "by a KMS key, at rest"),
    stream(Action::Manage(StreamPart::RecordSize), "Change record size…", "the largest that the stream takes"),
    stream(Action::Manage(StreamPart::Consumers), "Register or remove consumers…", "enhanced fan-out"),
    stream(Action::Manage(StreamPart::Metrics), "Shard metrics…", "on or off, with their price"),
    stream(Action::Manage(StreamPart::Delete), "Delete the stream…", "with all its records"),
    stream(Action::Create, "Create a stream…", "in the Region of the connection"),
    entry(
        Action::CopyVerdict,
        Group::Stream,
        "Copy verdict",
        "as text, for the incident channel",
        Some(Shortcut::shift("V", Key::V)),
    ),
    entry(Action::CopyArn, Group::Stream, "Copy stream ARN", "of the open stream", None),
    entry(
        Action::ToggleLock,
        Group::Window,
        "Unlock or lock writes",
        "locking needs no question",
        Some(Shortcut::plain("U", Key::U)),
    ),
    entry(
        Action::Refresh,
        Group::Window,
        "Refresh",
        "fetch what is on screen again",
        Some(Shortcut::command("Ctrl R", Key::R)),
    ),
    entry(
        Action::Palette,
        Group::Window,
        "Go to, run…",
        "streams, shards and commands by name",
        Some(Shortcut::command("Ctrl K", Key::K)),
    ),
    entry(
        Action::Filter,
        Group::Window,
        "Filter the list",
        "puts the cursor into its filter",
        Some(Shortcut::plain("/", Key::Slash)),
    ),
    entry(
        Action::Settings,
        Group::Window,
        "Settings",
        "thresholds, reads, buffers, theme, masking",
        Some(Shortcut::command("Ctrl ,", Key::Comma)),
    ),
    entry(Action::ToggleTheme, Group::Window, "Light or dark theme", "", None),
    entry(Action::ZoomIn, Group::Window, "Larger text", "", Some(Shortcut::command("Ctrl +", Key::Plus))),
    entry(Action::ZoomOut, Group::Window, "Smaller text", "", Some(Shortcut::command("Ctrl −", Key::Minus))),
    entry(Action::ZoomReset, Group::Window, "Normal text size", "", Some(Shortcut::command("Ctrl 0", Key::Num0))),
    entry(
        Action::Shortcuts,
        Group::Window,
        "Keyboard shortcuts",
        "this list",
        Some(Shortcut::plain("?", Key::Questionmark)),
    ),
    entry(Action::Quit, Group::Window, "Quit", "", Some(Shortcut::command("Ctrl Q", Key::Q))),
];

/// Keys that a view handles itself, for the shortcuts dialog.
pub const VIEW_KEYS: &[(&str, &str)] = &[
    ("↑ ↓ j k", "move row"),
    ("Enter", "open the selected row"),
    ("Esc", "close, clear the selection"),
    ("← →", "heatmap: time cursor, Shift for ten"),
    ("n N", "heatmap: next, previous flagged shard"),
    ("m s", "heatmap: next metric, next order"),
    ("[ ]", "heatmap: shorter, longer range"),
    ("l", "heatmap: follow the selected shard second by second"),
    ("p", "heatmap: pin the cell at the cursor"),
    ("drag wheel", "heatmap: zoom time; Esc goes back"),
    ("⇧ wheel", "heatmap: scroll the shards"),
    ("c C", "heatmap: copy the cell, the row"),
    ("T", "heatmap: tail the selected shard"),
    ("Shift K", "heatmap: keys of the selected shard"),
    ("Space End", "tail: pause, follow the newest"),
    ("f", "tail: into the filter"),
    ("Ctrl 1 2 3", "tail: jq, text, regex"),
    ("Ctrl E", "tail: export"),
    ("c", "tail: copy the record"),
    ("c", "keys: copy the partition key"),
    ("← →", "shards: neighbour in the key space"),
    ("a d", "shards: ancestor, descendant"),
    ("f", "shards: which shard holds a key"),
    ("c", "shards: copy the shard id"),
];

/// The shortcut of an action, for a tooltip or a key cap.
pub fn shortcut_label(action: Action) -> &'static str {
    ENTRIES
        .iter()
        .find(|entry| entry.action == action)
        .and_then(|entry| entry.shortcut)
        .map_or("", |shortcut| shortcut.label)
}

/// The command that an action stands for here and now.
///
/// # Errors
/// Why it cannot be done now, for a tooltip.
pub fn resolve(action: Action, world: &World, place: &Place) -> Result<Command, &'static str> {
    let connected = || world.connection().map(|_| ()).ok_or("Connect first.");
    match action {
        Action::Palette => Ok(Command::TogglePalette),
        Action::Filter => Ok(Command::FocusFilter),
        Action::Fleet => connected().map(|()| Command::Go(Place::Fleet)),
        Action::Activity => connected().map(|()| Command::Go(Place::Activity)),
        Action::Settings => connected().map(|()| Command::Go(Place::Settings)),
        Action::SwitchConnection => connected().map(|()| Command::Go(Place::Connect)),
        Action::Tab(tab) => in_stream(place).map(|()| Command::GoTab(tab)),
        Action::WorstStream => connected().and_then(|()| worst_stream(world)),
        Action::HottestShard => in_stream(place).and_then(|()| hottest_shard(world)),
        Action::Refresh => connected().map(|()| Command::Refresh),
        Action::Inject => in_stream(place).map(|()| Command::Open(Dialog::Inject)),
        Action::Reshard => in_stream(place).map(|()| Command::Open(Dialog::Reshard)),
        Action::CapacityMode => in_stream(place).map(|()| Command::PlanMode),
        Action::Manage(part) => match place {
            Place::Stream(name, _) => Ok(Command::Manage(name.clone(), part)),
            _ => Err("Open a stream first."),
        },
        Action::Create => connected().map(|()| Command::Open(Dialog::Create)),
        Action::ToggleLock => {
            connected().map(|()| if world.is_unlocked() { Command::Lock } else { Command::Open(Dialog::Unlock) })
        }
        Action::CopyVerdict => in_stream(place).and_then(|()| verdict_text(world).map(Command::Copy)),
        Action::CopyArn => in_stream(place).and_then(|()| arn(world).map(Command::Copy)),
        Action::ToggleTheme => Ok(Command::SetTheme(match world.settings.theme {
            ThemeChoice::Dark => ThemeChoice::Light,
            ThemeChoice::Light => ThemeChoice::Dark,
        })),
        Action::ZoomIn => Ok(Command::Zoom(1.1)),
        Action::ZoomOut => Ok(Command::Zoom(1.0 / 1.1)),
        Action::ZoomReset => Ok(Command::Zoom(0.0)),
        Action::Shortcuts => Ok(Command::Open(Dialog::Shortcuts)),
        Action::Quit => Ok(Command::Quit),
    }
}

fn in_stream(place: &Place) -> Result<(), &'static str> {
    matches!(place, Place::Stream(..)).then_some(()).ok_or("Open a stream first.")
}

fn worst_stream(world: &World) -> Result<Command, &'static str> {
    let fleet = world.fleet.get().ok_or("No stream is listed yet.")?;
    let worst =
        fleet.rows.first().filter(|row| row.health.severity > Severity::Ok).ok_or("No stream is in trouble.")?;
    Ok(Command::Go(Place::Stream(worst.name.clone(), Tab::Heatmap)))
}

fn hottest_shard(world: &World) -> Result<Command, &'static str> {
    let hottest: Option<ShardId> = world
        .open
        .as_ref()
        .and_then(|open| open.metrics.get())
        .and_then(|metrics| metrics.hottest_shard())
        .map(|(id, _)| id.clone());
    hottest.map(|id| Command::SelectShard(Some(id))).ok_or("No shard has figures yet.")
}

fn verdict_text(world: &World) -> Result<String, &'static str> {
    let open = world.open.as_ref().ok_or("Open a stream first.")?;
    let row = world.fleet_row(&open.name).ok_or("Nothing is known of this stream yet.")?;
    let mut text = format!("{}: {}", open.name, row.health.severity.word());
    for finding in &row.health.findings {
        text.push_str(&format!("\n- {}", finding.sentence.to_text()));
        if let Some(since) = finding.since {
            text.push_str(&format!(" Since {} UTC.", since.hm()));
        }
    }
    Ok(text)
}

fn arn(world: &World) -> Result<String, &'static str> {
    world
        .open
        .as_ref()
        .and_then(|open| open.summary.get())
        .map(|summary| summary.arn.clone())
        .filter(|arn| !arn.is_empty())
        .ok_or("The server names no ARN.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_entries_share_a_shortcut() {
        for (at, one) in ENTRIES.iter().enumerate() {
            for other in ENTRIES.iter().skip(at + 1) {
                let same = one.shortcut.is_some()
                    && one.shortcut.map(|s| (s.prefix, s.key, s.modifiers))
                        == other.shortcut.map(|s| (s.prefix, s.key, s.modifiers));
                assert!(!same, "{} and {}", one.label, other.label);
            }
        }
    }
}
