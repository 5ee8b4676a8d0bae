//! Everything a frame is drawn from. Owned and changed by `app`; views only read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::account::AccountLimits;
use super::activity::ActivityEntry;
use super::answer::{Answer, Problem};
use super::change::Changes;
use super::connection::{ConnectRequest, ConnectionInfo, Identity, ProfileInfo, SignIn, WriteLock};
use super::export::ExportRun;
use super::fan_out::{FanOutView, OwnConsumer};
use super::health::FleetRow;
use super::heat_range::HeatRange;
use super::ids::{ShardId, StreamName};
use super::meters::MeterSnapshot;
use super::metrics::{FigureSet, StreamMetrics, Window};
use super::plan::request::UnfinishedPlan;
use super::reshard::ReshardRun;
use super::sample::StreamSample;
use super::sampled_metrics::MeasuredMetrics;
use super::settings::Settings;
use super::shard_history::ShardHistory;
use super::shard_map::ShardMap;
use super::stream::StreamSummary;
use super::time::{Millis, Timestamp};
use super::unfinished::Unfinished;
use super::verdict::Verdict;
use super::writes::InjectRun;

/// How long a verdict by sampled records is shown in the fleet: as long as its findings look back.
const VERDICT_HOLDS: Millis = Millis::from_mins(15);

/// Whether and to what the program is connected.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Link {
    /// Nothing chosen yet.
    #[default]
    Disconnected,
    /// On the way.
    Connecting {
        /// What was asked for.
        request: ConnectRequest,
        /// Since when.
        since: Timestamp,
    },
    /// It did not work.
    Failed {
        /// What was asked for.
        request: ConnectRequest,
        /// Why.
        problem: Problem,
    },
    /// Connected.
    Connected(ConnectionInfo),
}

/// An endpoint on this machine that may answer like Kinesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalEndpoint {
    /// Common name of the server that usually listens there.
    pub name: &'static str,
    /// Its URL.
    pub url: String,
    /// Number of streams when it answered; `None` while it is asked or silent.
    pub answered: Option<usize>,
    /// Whether the question is still on its way.
    pub is_pending: bool,
}

/// The streams of the Region, worst first.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// One row a stream.
    pub rows: Vec<FleetRow>,
    /// The minutes its figures cover.
    pub window: Window,
    /// Why figures are missing, where metrics failed but streams did not.
    pub metrics_problem: Option<Problem>,
    /// How many of the listed streams have been described so far.
    pub described: usize,
}

/// One task in the status bar.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskLine {
    /// What it does, `Tailing 24 shards, using 1 of 5 reads/s per shard`.
    pub text: String,
    /// 0 to 1, where it is known.
    pub progress: Option<f32>,
}

/// What is known of the stream that is open.
#[derive(Debug)]
pub struct OpenStream {
    /// Its name.
    pub name: StreamName,
    /// `DescribeStreamSummary`.
    pub summary: Answer<StreamSummary>,
    /// `ListShards`.
    pub shards: Answer<ShardMap>,
    /// The shards that were seen, also those that are no longer listed.
    pub history: Option<Arc<ShardHistory>>,
    /// The span that the figures cover.
    pub range: HeatRange,
    /// The figures that are asked for of every shard. A view that shows others widens it; each one costs.
    pub figures: FigureSet,
    /// CloudWatch, or none where the connection has no metrics.
    pub metrics: Answer<StreamMetrics>,
    /// The person looks into the figures on the heatmap: they are not refreshed by themselves while it is on screen.
    pub figures_paused: bool,
    /// The tail of this stream.
    pub tail: super::tail::Tail,
    /// What was counted from records that were read.
    pub sample: super::sample::state::SampleState,
    /// The shard that is followed record by record, while it is.
    pub live_shard: Option<ShardId>,
    /// What was counted of that shard, or of the one that was followed last.
    pub live: super::sample::state::SampleState,
    /// Shards measured from records, beside the totals of CloudWatch, where it has no figures of shards.
    pub measured: Option<Arc<MeasuredMetrics>>,
    /// All that is known from records: the sample, and the shard that is followed as it was followed.
    pub records: Option<Arc<StreamSample>>,
    /// The last injection.
    pub inject: Option<InjectRun>,
    /// Many records from a file: what it holds, and how they are sent.
    pub batch: super::batch::BatchState,
    /// A load of a known shape, and how it goes.
    pub generator: super::generator::GeneratorState,
    /// The export that runs or ran last.
    pub export: Option<ExportRun>,
    /// The reshard that runs or ran last.
    pub reshard: Option<ReshardRun>,
}

/// Everything a frame is drawn from.
#[derive(Debug)]
pub struct World {
    /// The present, as of this frame.
    pub now: Timestamp,
    /// The zone of the second clock.
    pub zone: TimeZone,
    /// What is remembered between starts.
    pub settings: Settings,
    /// Whether and to what the program is connected.
    pub link: Link,
    /// Whether writes are allowed.
    pub lock: WriteLock,
    /// Who the credentials belong to.
    pub identity: Answer<Identity>,
    /// What the account may have in the Region; asked for when it matters.
    pub account_limits: Answer<AccountLimits>,
    /// Profiles of the AWS configuration.
    pub profiles: Answer<Vec<ProfileInfo>>,
    /// The sign-in that runs or ran last.
    pub sign_in: Option<SignIn>,
    /// Endpoints on this machine.
    pub local_endpoints: Vec<LocalEndpoint>,
    /// All streams.
    pub fleet: Answer<Fleet>,
    /// The stream that is open.
    pub open: Option<OpenStream>,
    /// What sampled records said of a stream, and when; a fleet's figures alone know no keys.
    pub verdicts: BTreeMap<StreamName, (Arc<Verdict>, Timestamp)>,
    /// Changes of streams, on their way or done, and what was asked for them.
    pub changes: Changes,
    /// The enhanced fan-out consumers of this program.
    pub fan_out: FanOutView,
    /// Every change that was made, oldest first.
    pub activity: Vec<ActivityEntry>,
    /// Plans that were begun and have not come to their end, oldest first; also of other connections.
    pub unfinished_plans: Vec<UnfinishedPlan>,
    /// Runs of records that were cut off, oldest first.
    pub unfinished_runs: Vec<Unfinished>,
    /// What the program uses of AWS.
    pub meters: MeterSnapshot,
    /// What runs now.
    pub tasks: Vec<TaskLine>,
    /// The newest failure, for the status bar.
    pub last_problem: Option<(Problem, Timestamp)>,
    /// Figures before this moment were generated for the demo.
    pub generated_before: Option<Timestamp>,
    /// The folder that files are written to unless another is named; empty where none is known.
    pub export_folder: String,
    /// What is kept on this machine, each with its path.
    pub kept_in: Vec<(&'static str, String)>,
    /// Nobody touches the window and nothing runs: frames are rare, so clocks show no seconds.
    pub is_resting: bool,
}

impl World {
    /// A world in which nothing is known yet.
    pub fn new(now: Timestamp, zone: TimeZone, settings: Settings) -> Self {
        Self {
            now,
            zone,
            settings,
            link: Link::Disconnected,
            lock: WriteLock::ReadOnly,
            identity: Answer::default(),
            account_limits: Answer::default(),
            profiles: Answer::default(),
            sign_in: None,
            local_endpoints: Vec::new(),
            fleet: Answer::default(),
            open: None,
            verdicts: BTreeMap::new(),
            changes: Changes::default(),
            fan_out: FanOutView::default(),
            activity: Vec::new(),
            unfinished_runs: Vec::new(),
            meters: MeterSnapshot::default(),
            unfinished_plans: Vec::new(),
            tasks: Vec::new(),
            last_problem: None,
            generated_before: None,
            export_folder: String::new(),
            kept_in: Vec::new(),
            is_resting: false,
        }
    }

    /// The live connection.
    pub fn connection(&self) -> Option<&ConnectionInfo> {
        match &self.link {
            Link::Connected(info) => Some(info),
            _ => None,
        }
    }

    /// Consumers that an earlier run of this program left behind, as far as this connection reaches them.
    pub fn own_leftovers(&self) -> impl Iterator<Item = &OwnConsumer> {
        let account = self.identity.get().map(|identity| identity.account.as_str());
        let connection = self.connection();
        let leftovers = self.fan_out.leftovers.iter();
        leftovers.filter(move |own| connection.is_some_and(|connection| own.is_of(connection, account)))
    }

    /// Whether writes are allowed now.
    pub fn is_unlocked(&self) -> bool {
        self.connection().is_some() && self.lock.allows_writes(self.now)
    }

    /// What sampled records said of a stream lately.
    pub fn sampled_verdict(&self, name: &StreamName) -> Option<&Verdict> {
        let (verdict, at) = self.verdicts.get(name)?;
        (at.age_at(self.now) <= VERDICT_HOLDS).then_some(verdict)
    }

    /// The fleet's row of a stream.
    pub fn fleet_row(&self, name: &StreamName) -> Option<&FleetRow> {
        self.fleet.get().and_then(|fleet| fleet.rows.iter().find(|row| row.name == *name))
    }
}

impl OpenStream {
    /// A stream of which nothing is known yet.
    pub fn new(name: StreamName) -> Self {
        Self {
            name,
            summary: Answer::default(),
            shards: Answer::default(),
            history: None,
            range: HeatRange::default(),
            figures: FigureSet::WRITE,
            metrics: Answer::default(),
            figures_paused: false,
            tail: super::tail::Tail::default(),
            sample: super::sample::state::SampleState::default(),
            live_shard: None,
            live: super::sample::state::SampleState::default(),
            measured: None,
            records: None,
            inject: None,
            batch: super::batch::BatchState::default(),
            generator: super::generator::GeneratorState::default(),
            export: None,
            reshard: None,
        }
    }

    /// Whether CloudWatch is known to have no figures of the shards: enhanced monitoring is off.
    pub fn has_no_shard_metrics(&self) -> bool {
        let is_off = |summary: &StreamSummary| {
            !summary.has_shard_metric("IncomingBytes") && !summary.has_shard_metric("IncomingRecords")
        };
        self.summary.get().is_some_and(is_off) && self.metrics.get().is_none_or(|metrics| metrics.shards.is_empty())
    }

    /// The figures that are shown: those of CloudWatch, or shards measured from records beside its totals.
    pub fn shown_metrics(&self) -> Option<&Arc<StreamMetrics>> {
        match &self.measured {
            Some(measured) => Some(&measured.metrics),
            None => self.metrics.value.as_ref().map(|(metrics, _)| metrics),
        }
    }

    /// Utilisation of a shard in its newest known minute, a fraction of 1.
    pub fn utilisation_now(&self, shard: &ShardId) -> Option<f64> {
        self.shown_metrics()?.shards.get(shard)?.utilisation(1).last_known().map(|(_, share)| share)
    }
}
