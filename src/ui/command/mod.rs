//! What a person can ask for. A command is data; only `app` carries it out. Menus, the palette and the keyboard share
//! this one list, with the same words, hints and shortcuts: see [`registry`].

pub mod registry;

use crate::model::batch::BatchCommand;
use crate::model::change::ChangeRequest;
use crate::model::connection::{ConnectRequest, Environment};
use crate::model::decode::DecodeAs;
use crate::model::export::ExportRequest;
use crate::model::filter::FilterSpec;
use crate::model::generator::GeneratorCommand;
use crate::model::heat_range::HeatRange;
use crate::model::heat_thresholds::HeatThresholds;
use crate::model::ids::{ShardId, StreamName};
use crate::model::metrics::FigureSet;
use crate::model::plan::request::PlanCommand;
use crate::model::reshard::ReshardRequest;
use crate::model::sample::state::SampleRequest;
use crate::model::settings::{Settings, TailSettings, ThemeChoice};
use crate::model::tail::TailOptions;
use crate::model::template::OwnTemplate;
use crate::model::writes::{MonitoringChange, PutWish};

/// A tab of an open stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tab {
    /// Shards × time.
    Heatmap,
    /// Key space and lineage.
    Shards,
    /// Records, live.
    Tail,
    /// Partition keys and what they carry.
    Keys,
}

impl Tab {
    /// Every tab, in the order of the keys 1, 2, 3, 4.
    pub const ALL: [Self; 4] = [Self::Heatmap, Self::Shards, Self::Tail, Self::Keys];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Heatmap => "Heatmap",
            Self::Shards => "Shards",
            Self::Tail => "Tail",
            Self::Keys => "Keys",
        }
    }
}

/// Where in the program a person is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Choosing what to connect to.
    Connect,
    /// All streams.
    Fleet,
    /// Every change that was made.
    Activity,
    /// All settings.
    Settings,
    /// One stream.
    Stream(StreamName, Tab),
}

/// A part of the dialog of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StreamPart {
    /// How long records are kept.
    #[default]
    Retention,
    /// Its tags.
    Tags,
    /// Encryption at rest.
    Encryption,
    /// The largest record.
    RecordSize,
    /// Registered consumers.
    Consumers,
    /// Metrics of its shards.
    Metrics,
    /// Its end.
    Delete,
}

impl StreamPart {
    /// Every part, in the order of the tabs.
    pub const ALL: [Self; 7] =
        [Self::Retention, Self::Tags, Self::Encryption, Self::RecordSize, Self::Consumers, Self::Metrics, Self::Delete];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Retention => "Retention",
            Self::Tags => "Tags",
            Self::Encryption => "Encryption",
            Self::RecordSize => "Record size",
            Self::Consumers => "Consumers",
            Self::Metrics => "Shard metrics",
            Self::Delete => "Delete",
        }
    }
}

/// A dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// Leaves read-only mode.
    Unlock,
    /// Sends records to the open stream.
    Inject,
    /// Splits a shard of the open stream.
    Reshard,
    /// Switches shard metrics of the open stream on or off.
    Monitoring,
    /// Shows and changes what a stream is: retention, tags, encryption and the rest.
    Stream,
    /// Makes a stream.
    Create,
    /// Writes records of the tail to a file.
    Export,
    /// All shortcuts.
    Shortcuts,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Connect, replacing the connection there is.
    Connect(ConnectRequest),
    /// Leave the connection and choose another.
    Disconnect,
    /// Runs the AWS CLI to sign in again for this profile.
    SignIn(String),
    /// Stops waiting for it, and ends it.
    StopSignIn,
    /// Read the AWS configuration files again.
    ReloadProfiles,
    /// Remember the environment of a profile or endpoint.
    SetEnvironment {
        /// Label of the connection.
        label: String,
        /// What it is.
        environment: Environment,
    },
    /// Show another place.
    Go(Place),
    /// Show a tab of the open stream.
    GoTab(Tab),
    /// Show the tail of the open stream, limited to one shard.
    TailShard(ShardId),
    /// Show the keys of one shard of the open stream.
    ShowKeys(ShardId),
    /// Plan a split of a shard of the open stream.
    PlanSplit {
        /// The shard.
        shard: ShardId,
        /// Whether to begin at the point that balances the sampled load.
        is_balanced: bool,
    },
    /// Select a shard of the open stream, or none.
    SelectShard(Option<ShardId>),
    /// Show the figures of the open stream over this range.
    SetRange(HeatRange),
    /// Ask for these figures of every shard of the open stream; what is known of others is kept.
    WantFigures(FigureSet),
    /// Leave the figures of the open stream as they are while the heatmap is on screen, or refresh them again.
    PauseFigures(bool),
    /// Remember where the heatmap's colours jump.
    SetThresholds(HeatThresholds),
    /// Fetch what is on screen again, now.
    Refresh,
    /// Open a dialog.
    Open(Dialog),
    /// Close the dialog.
    CloseDialog,
    /// Open or close the command palette.
    TogglePalette,
    /// Put the keyboard focus into the filter of the list on screen.
    FocusFilter,
    /// Remember the width of the rail, in points.
    SetRailWidth(f32),
    /// Allow writes.
    Unlock {
        /// For how long.
        minutes: u32,
        /// Why; kept in the activity log.
        reason: String,
    },
    /// Allow no more writes.
    Lock,
    /// Read the open stream like this; replaces the tail that runs. Budget and decoding are those of the window.
    StartTail(TailOptions),
    /// Stop reading.
    StopTail,
    /// Deregister the enhanced fan-out consumers that an earlier run left behind on this connection.
    ClearLeftovers,
    /// Forget the records that were read.
    ClearTail,
    /// Read a bounded sample of the open stream; replaces the run that runs.
    StartSample(SampleRequest),
    /// End the sampling early and keep what it has.
    StopSample,
    /// Follow one shard of the open stream record by record; replaces the one that is followed.
    StartLive(ShardId),
    /// Follow no shard any more.
    StopLive,
    /// Show only what passes this filter; an empty one shows everything.
    FilterTail(FilterSpec),
    /// Show records like this from now on.
    SetTail(Box<TailSettings>),
    /// Remember all settings as they are here, and follow them at once.
    SetSettings(Box<Settings>),
    /// Remember the cap of the tail's buffer in MiB, and keep it at once.
    SetTailBuffer(u32),
    /// Remember how many `GetRecords` calls a second and shard reading may use, 1 to 5, and keep to it at once.
    SetReadBudget(u32),
    /// Write what is kept of the open stream, or what is to come, to a file.
    Export(ExportRequest),
    /// Stop writing it.
    CancelExport,
    /// Write no more of what is to come: the file is whole.
    FinishExport,
    /// Take the bytes of records for this, those that are kept and those to come.
    DecodeTail(DecodeAs),
    /// Send records to the open stream.
    Put(PutWish),
    /// Look at a file of records for the open stream, send it, stop that.
    Batch(BatchCommand),
    /// Make records and send them to the open stream, or stop that.
    Generator(GeneratorCommand),
    /// Split a shard, merge two, scale the open stream, or do several of these one after the other.
    Reshard(ReshardRequest),
    /// Open the dialog of a stream at this part.
    Manage(StreamName, StreamPart),
    /// Plan a switch of the capacity mode of the open stream.
    PlanMode,
    /// Ask a stream for its tags, consumers and what else a change is held against.
    AskDetails(StreamName),
    /// Change a stream, or make one.
    Change(Box<ChangeRequest>),
    /// Stop a plan that runs, or see to one that was cut off.
    Plan(PlanCommand),
    /// Ask what the account may have in the Region.
    AskLimits,
    /// Switch shard metrics on or off.
    SetMonitoring(MonitoringChange),
    /// Put text on the clipboard.
    Copy(String),
    /// Remember these templates of records.
    SetTemplates(Vec<OwnTemplate>),
    /// Change the theme.
    SetTheme(ThemeChoice),
    /// Change the size of the interface by this factor; 0 goes back to normal.
    Zoom(f32),
    /// Leave the program.
    Quit,
}

/// The commands of one frame, in order.
#[derive(Debug, Default)]
pub struct Commands(Vec<Command>);

impl Commands {
    /// Adds a command.
    pub fn push(&mut self, command: Command) {
        self.0.push(command);
    }

    /// The commands so far.
    pub fn as_slice(&self) -> &[Command] {
        &self.0
    }

    /// Takes them all.
    pub fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.0)
    }
}
