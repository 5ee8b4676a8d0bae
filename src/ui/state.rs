//! What a person has done with the window: where they are, what is open, selected and typed. Never a copy of the world.

use crate::model::ids::ShardId;
use crate::model::plan::request::PlanCommand;

use super::command::{Command, Dialog, Place, Tab};
use super::dialogs::create::CreateState;
use super::dialogs::export::ExportState;
use super::dialogs::inject::InjectState;
use super::dialogs::monitoring::MonitoringState;
use super::dialogs::reshard::ReshardState;
use super::dialogs::stream::StreamState;
use super::dialogs::unlock::UnlockState;
use super::shell::palette::PaletteState;
use super::shell::rail::RailState;
use super::views::activity::ActivityState;
use super::views::connect::ConnectState;
use super::views::fleet::FleetState;
use super::views::heatmap::HeatmapState;
use super::views::keys::KeysState;
use super::views::settings::SettingsState;
use super::views::shards::ShardsState;
use super::views::tail::TailState;

/// The state of the window.
pub struct UiState {
    /// Where the person is.
    pub place: Place,
    /// The tab that the next stream opens with.
    pub tab: Tab,
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// The dialog that comes back, as it was, when the one that unlocks closes.
    pub after_unlock: Option<Dialog>,
    /// The palette, while it is open.
    pub palette: Option<PaletteState>,
    /// The selected shard of the open stream.
    pub selected_shard: Option<ShardId>,
    /// The shard that the tail is limited to, by the person's own choice.
    pub tail_shard: Option<ShardId>,
    /// The first key of a shortcut of two, and when it was pressed, in seconds of egui's time.
    pub prefix: Option<(eframe::egui::Key, f64)>,
    /// When text was last put on the clipboard, in seconds of egui's time.
    pub copied_at: Option<f64>,
    /// The filter of the list on screen takes the focus in the next frame.
    pub focus_filter: bool,
    /// The rail.
    pub rail: RailState,
    /// The fleet.
    pub fleet: FleetState,
    /// Choosing a connection.
    pub connect: ConnectState,
    /// The activity log.
    pub activity: ActivityState,
    /// All settings.
    pub settings: SettingsState,
    /// The heatmap.
    pub heatmap: HeatmapState,
    /// The shards.
    pub shards: ShardsState,
    /// The tail.
    pub tail: TailState,
    /// The keys.
    pub keys: KeysState,
    /// The dialog that unlocks.
    pub unlock: UnlockState,
    /// The dialog that injects.
    pub inject: InjectState,
    /// The dialog that exports.
    pub export: ExportState,
    /// The dialog that reshards.
    pub reshard: ReshardState,
    /// The dialog that switches shard metrics on or off.
    pub monitoring: MonitoringState,
    /// The dialog of a stream.
    pub stream: StreamState,
    /// The dialog that makes a stream.
    pub create: CreateState,
}

impl Default for UiState {
    fn default() -> Self {
        Self {
            place: Place::Connect,
            tab: Tab::Heatmap,
            dialog: None,
            after_unlock: None,
            palette: None,
            selected_shard: None,
            tail_shard: None,
            prefix: None,
            copied_at: None,
            focus_filter: false,
            rail: RailState::default(),
            fleet: FleetState::default(),
            connect: ConnectState::default(),
            activity: ActivityState::default(),
            settings: SettingsState::default(),
            heatmap: HeatmapState::default(),
            shards: ShardsState::default(),
            tail: TailState::default(),
            keys: KeysState::default(),
            unlock: UnlockState::default(),
            inject: InjectState::default(),
            export: ExportState::default(),
            reshard: ReshardState::default(),
            monitoring: MonitoringState::default(),
            stream: StreamState::default(),
            create: CreateState::default(),
        }
    }
}

impl UiState {
    /// Carries out what concerns only the window. True where that was all; `Go` still needs the stream to be opened.
    pub fn apply(&mut self, command: &Command) -> bool {
        match command {
            Command::Go(place) => {
                self.go(place.clone());
                false
            }
            Command::GoTab(tab) => {
                self.tab = *tab;
                if let Place::Stream(_, current) = &mut self.place {
                    *current = *tab;
                }
                true
            }
            Command::TailShard(shard) => {
                self.selected_shard = Some(shard.clone());
                self.tail_shard = Some(shard.clone());
                self.apply(&Command::GoTab(Tab::Tail))
            }
            Command::PlanSplit { shard, is_balanced } => {
                self.selected_shard = Some(shard.clone());
                self.open(Dialog::Reshard);
                self.reshard.propose(shard.clone(), *is_balanced);
                true
            }
            Command::PlanMode => {
                self.open(Dialog::Reshard);
                self.reshard.propose_mode();
                true
            }
            Command::Manage(stream, part) => {
                self.open(Dialog::Stream);
                self.stream = StreamState::new(stream.clone(), *part);
                true
            }
            Command::ShowKeys(shard) => {
                self.selected_shard = Some(shard.clone());
                self.keys.show_shard();
                self.apply(&Command::GoTab(Tab::Keys))
            }
            Command::SelectShard(shard) => {
                self.selected_shard.clone_from(shard);
                true
            }
            Command::Open(dialog) => {
                self.open(*dialog);
                true
            }
            Command::CloseDialog => {
                self.dialog = self.after_unlock.take();
                true
            }
            Command::TogglePalette => {
                self.palette = if self.palette.is_some() { None } else { Some(PaletteState::default()) };
                true
            }
            Command::Plan(PlanCommand::Show(plan)) => {
                self.go(Place::Stream(plan.request.stream.clone(), Tab::Shards));
                self.open(Dialog::Reshard);
                self.reshard.go_on(plan);
                true
            }
            Command::FilterTail(spec) => {
                self.tail.show_filter(spec.clone());
                false
            }
            Command::FocusFilter => {
                self.focus_filter = true;
                true
            }
            Command::Disconnect => {
                self.go(Place::Connect);
                false
            }
            _ => false,
        }
    }

    fn go(&mut self, place: Place) {
        if let Place::Stream(name, tab) = &place {
            let is_same = matches!(&self.place, Place::Stream(current, _) if current == name);
            if !is_same {
                self.selected_shard = None;
                self.tail_shard = None;
                self.heatmap = HeatmapState::default();
                self.shards = ShardsState::default();
                self.tail = TailState::default();
                self.keys = KeysState::default();
            }
            self.tab = *tab;
        }
        self.palette = None;
        self.dialog = None;
        self.after_unlock = None;
        self.place = place;
    }

    fn open(&mut self, dialog: Dialog) {
        self.palette = None;
        let is_write = matches!(
            self.dialog,
            Some(Dialog::Inject | Dialog::Reshard | Dialog::Monitoring | Dialog::Stream | Dialog::Create)
        );
        self.after_unlock = if dialog == Dialog::Unlock && is_write { self.dialog } else { None };
        match dialog {
            Dialog::Unlock => self.unlock = UnlockState::default(),
            Dialog::Inject => self.inject = std::mem::take(&mut self.inject).reopened(),
            Dialog::Reshard => self.reshard = ReshardState::default(),
            Dialog::Monitoring => self.monitoring = MonitoringState::default(),
            Dialog::Export => self.export = ExportState::default(),
            Dialog::Create => self.create = CreateState::default(),
            Dialog::Stream | Dialog::Shortcuts => {}
        }
        self.dialog = Some(dialog);
    }
}
