//! The tasks of the window: which questions are on their way, for which connection and which stream.
//!
//! Holds the only async handle of the app. Knows tasks; does not know views.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::aws::connect::Connection;
use crate::aws::meter::CallMeter;
use crate::model::account::AccountLimits;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::{ConnectRequest, Identity, ProfileInfo};
use crate::model::heat_range::HeatRange;
use crate::model::ids::{ShardId, StreamName};
use crate::model::metrics::{FigureSet, StreamMetrics};
use crate::model::reshard::{ReshardRequest, ReshardRun};
use crate::model::sample::StreamSample;
use crate::model::shard_map::ShardMap;
use crate::model::stream::StreamSummary;
use crate::model::tail::TailOptions;
use crate::model::time::{Millis, Timestamp};
use crate::model::verdict::Verdict;
use crate::model::world::{Fleet, LocalEndpoint};
use crate::model::writes::{InjectRun, MonitoringChange, PutEntry, PutWish, Receipt};
use crate::tasks::clock::Clock;
use crate::tasks::decode::DecodeJob;
use crate::tasks::export::ExportJob;
use crate::tasks::fan_out::LeaseState;
use crate::tasks::filter::FilterJob;
use crate::tasks::inject::deliver::Target;
use crate::tasks::inject::journal::RunLog;
use crate::tasks::minutes::Minutes;
use crate::tasks::minutes::book::Wish;
use crate::tasks::minutes::fetch::{Question, fetch};
use crate::tasks::plan_journal::PlanJournal;
use crate::tasks::sampler::{SamplerHandle, SamplerOptions, start_sampler};
use crate::tasks::session::{self, Session};
use crate::tasks::shard_histories::ShardHistories;
use crate::tasks::slot::Slot;
use crate::tasks::tail::{TailHandle, start_tail_as};
use crate::tasks::wake::Wake;
use crate::tasks::{fleet, inject, plan, reshard};

use super::schedule::ClosedShards;

/// The tasks of the window.
pub struct Engine {
    pub(super) handle: Handle,
    pub(super) wake: Wake,
    /// For what comes all the time, such as records and figures that are asked for again: many wakes become one frame.
    lazy_wake: Wake,
    pub(super) clock: Clock,
    pub(super) meter: CallMeter,
    /// What is known of the past.
    pub(super) minutes: Minutes,
    /// Plans that have not come to their end.
    pub(super) plans: PlanJournal,
    /// Shards that were seen.
    pub(super) histories: ShardHistories,
    /// The connection, or the way to it.
    pub(super) session: Slot<Session>,
    /// The AWS configuration files.
    pub(super) profiles: Slot<Vec<ProfileInfo>>,
    pub(super) sign_in: Slot<()>,
    /// The usual endpoints of this machine.
    pub(super) endpoints: Slot<Vec<LocalEndpoint>>,
    /// `GetCallerIdentity`.
    pub(super) identity: Slot<Identity>,
    /// `DescribeLimits`.
    pub(super) limits: Slot<AccountLimits>,
    /// The look at all streams.
    pub(super) fleet: Slot<Fleet>,
    /// What that look knows so far.
    pub(super) fleet_draft: Option<watch::Receiver<Option<Fleet>>>,
    /// The stream that is open.
    pub(super) open: Option<OpenTasks>,
}

/// The tasks of one open stream. Dropping them cancels all of them.
pub struct OpenTasks {
    pub(super) name: StreamName,
    pub(super) summary: Slot<StreamSummary>,
    pub(super) shards: Slot<ShardMap>,
    /// The shards that were seen, the listed ones and others.
    pub(super) history: Slot<super::planning::Seen>,
    pub(super) metrics: Slot<StreamMetrics>,
    closed: ClosedShards,
    pub(super) tail: Option<TailHandle>,
    /// What counts the keys of the stream.
    pub(super) sampler: Option<SamplerHandle>,
    /// What the records that were read say of the stream.
    pub(super) verdict: Slot<Verdict>,
    /// What follows one shard.
    pub(super) live: Option<SamplerHandle>,
    /// What looks through the records, and since when.
    pub(super) filter: Option<(FilterJob, Timestamp)>,
    /// What decodes the records that are kept anew.
    pub(super) decode: Option<DecodeJob>,
    /// What writes records to a file.
    pub(super) export: Option<ExportJob>,
    /// The first item that came decoded in a way that is not wanted any more.
    pub(super) stale_from: Option<u64>,
}

/// What of the figures of the open stream is in sight: only that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The span.
    pub range: HeatRange,
    /// Whether shards have figures of their own.
    pub with_shards: bool,
    /// Of every shard.
    pub figures: FigureSet,
    /// The shard that is looked at closely: everything is shown of it.
    pub selected: Option<ShardId>,
}

/// Of the stream as a whole: what the verdict reads, in every view.
const OF_STREAM: FigureSet = FigureSet::WRITE.with(FigureSet::READ_THROTTLES).with(FigureSet::ITERATOR_AGE);

impl Sight {
    /// Whether a question about `other` brings everything that is in sight here.
    pub fn is_covered_by(&self, other: &Self) -> bool {
        let same_selection = self.selected.is_none() || self.selected == other.selected;
        self.range == other.range
            && same_selection
            && other.figures.covers(self.figures)
            && (other.with_shards || !self.with_shards)
    }

    fn wishes(&self, stream: &StreamName, shards: Option<&ShardMap>) -> Vec<Wish> {
        let wish = |shard, figures| Wish { stream: stream.clone(), shard, figures };
        let of_shard = |id: &ShardId| {
            let figures = if self.selected.as_ref() == Some(id) { FigureSet::ALL } else { self.figures };
            wish(Some(id.clone()), figures)
        };
        let shards = shards.into_iter().flat_map(|map| map.all().iter().map(|shard| of_shard(&shard.id)));
        std::iter::once(wish(None, self.figures.with(OF_STREAM))).chain(shards).collect()
    }
}

/// A write that runs to its end even when its stream is left.
pub enum Write {
    /// Records on their way.
    Inject {
        /// What is sent.
        entries: Arc<Vec<PutEntry>>,
        /// How far it has come.
        progress: watch::Receiver<InjectRun>,
    },
    /// Shard metrics being switched on or off.
    Monitoring {
        /// What is asked for.
        change: MonitoringChange,
        /// When it was asked.
        since: Timestamp,
        /// The answer.
        done: Box<Slot<Receipt>>,
    },
    /// A split, a merge, a scaling or a plan of them on its way.
    Reshard {
        /// How far it has come.
        progress: watch::Receiver<ReshardRun>,
        /// The end.
        done: Box<Slot<Receipt>>,
        /// Set to end a plan before its next step.
        stop: watch::Sender<bool>,
        /// Steps of a plan that are in the activity log.
        logged: usize,
    },
}

impl Engine {
    /// No connection, no stream. The configuration files and the usual endpoints are asked for at once.
    pub fn new(handle: Handle, wake: Wake, lazy_wake: Wake, clock: Clock) -> Self {
        Self {
            handle,
            wake,
            lazy_wake,
            clock,
            meter: CallMeter::default(),
            minutes: Minutes::in_memory(),
            plans: PlanJournal::nowhere(),
            histories: ShardHistories::in_memory(),
            session: Slot::default(),
            profiles: Slot::default(),
            sign_in: Slot::default(),
            endpoints: Slot::default(),
            identity: Slot::default(),
            limits: Slot::default(),
            fleet: Slot::default(),
            fleet_draft: None,
            open: None,
        }
    }

    /// The live connection.
    pub fn connection(&self) -> Option<Connection> {
        self.session.answer().get().map(|session| session.connection.clone())
    }

    /// Reads the configuration files again.
    pub fn read_profiles(&mut self, now: Timestamp) {
        let clock = self.clock.clone();
        let task = async move {
            tokio::task::spawn_blocking(move || crate::aws::profiles::read_profiles(clock.now()))
                .await
                .unwrap_or_else(|err| Err(Problem::new(ProblemKind::Internal, err.to_string())))
        };
        self.profiles.start(&self.handle, self.wake.clone(), now, task);
    }

    /// Runs the AWS CLI with these words.
    pub fn sign_in(&mut self, words: Vec<String>, now: Timestamp) {
        self.sign_in.start(&self.handle, self.wake.clone(), now, crate::tasks::sign_in::run(words));
    }

    /// Asks the usual endpoints of this machine.
    pub fn probe_endpoints(&mut self, now: Timestamp) {
        let task = async { Ok(session::probe_usual_endpoints().await) };
        self.endpoints.start(&self.handle, self.wake.clone(), now, task);
    }

    /// Replaces the connection. Everything that belonged to the old one is cancelled.
    pub fn connect(&mut self, request: ConnectRequest, now: Timestamp) {
        self.disconnect();
        let (meter, clock) = (self.meter.clone(), self.clock.clone());
        let task = async move { session::open(request, meter, &clock).await };
        self.session.start(&self.handle, self.wake.clone(), now, task);
    }

    /// Drops the connection and everything that belonged to it.
    pub fn disconnect(&mut self) {
        self.minutes.forget_unkept();
        self.sign_in = Slot::default();
        self.session = Slot::default();
        self.identity = Slot::default();
        self.limits = Slot::default();
        self.fleet = Slot::default();
        self.fleet_draft = None;
        self.open = None;
    }

    /// Drops something where nobody waits for it: freeing a million records takes longer than a frame.
    pub fn free(&self, gone: impl Send + 'static) {
        self.handle.spawn_blocking(move || drop(gone));
    }

    /// Asks who the credentials belong to.
    pub fn ask_identity(&mut self, now: Timestamp) {
        let Some(connection) = self.connection() else { return };
        let task = async move { connection.identity().await };
        self.identity.start(&self.handle, self.wake.clone(), now, task);
    }

    /// Asks what the account may have.
    pub fn ask_limits(&mut self, now: Timestamp) {
        let Some(connection) = self.connection() else { return };
        let task = async move { connection.describe_limits().await };
        self.limits.start(&self.handle, self.wake.clone(), now, task);
    }

    /// Looks at all streams.
    pub fn look_at_fleet(&mut self, previous: Option<Arc<Fleet>>, with_shards: bool, now: Timestamp) {
        let Some(connection) = self.connection() else { return };
        let (publish, draft) = watch::channel(None);
        self.fleet_draft = Some(draft);
        let (wake, clock, minutes) = (self.wake.clone(), self.clock.clone(), self.minutes.clone());
        let is_first = previous.is_none();
        let task = async move {
            // Later looks replace the rows at once, when they are whole.
            let show = |fleet| {
                if is_first {
                    publish.send_replace(Some(fleet));
                    wake.wake();
                }
            };
            fleet::look(&connection, &minutes, previous.as_deref(), with_shards, &clock, show).await
        };
        let wake = wake_for(&self.fleet, &self.wake, &self.lazy_wake);
        self.fleet.start(&self.handle, wake, now, task);
    }

    /// Opens a stream: nothing is known of it yet.
    pub fn open(&mut self, name: StreamName) {
        self.open = Some(OpenTasks {
            name,
            summary: Slot::default(),
            shards: Slot::default(),
            history: Slot::default(),
            metrics: Slot::default(),
            closed: ClosedShards::default(),
            tail: None,
            sampler: None,
            live: None,
            verdict: Slot::default(),
            filter: None,
            decode: None,
            export: None,
            stale_from: None,
        });
    }

    /// `DescribeStreamSummary` of the open stream.
    pub fn fetch_summary(&mut self, now: Timestamp) {
        let (Some(connection), Some(open)) = (self.connection(), &mut self.open) else { return };
        let name = open.name.clone();
        let wake = wake_for(&open.summary, &self.wake, &self.lazy_wake);
        open.summary.start(&self.handle, wake, now, async move { connection.describe_summary(&name).await });
    }

    /// `ListShards` of the open stream.
    pub fn fetch_shards(&mut self, now: Timestamp) {
        let (Some(connection), Some(open)) = (self.connection(), &mut self.open) else { return };
        let name = open.name.clone();
        let wake = wake_for(&open.shards, &self.wake, &self.lazy_wake);
        open.shards.start(
            &self.handle,
            wake,
            now,
            async move { connection.list_shards(&name).await.map(ShardMap::new) },
        );
    }

    /// `GetMetricData` of the open stream, for the periods that are not known yet.
    pub fn fetch_metrics(&mut self, sight: &Sight, reuse: Millis, now: Timestamp) {
        let (Some(connection), Some(open)) = (self.connection(), &mut self.open) else { return };
        let name = open.name.clone();
        let shards = open.shards.answer().get().filter(|_| sight.with_shards);
        let window = sight.range.window(now);
        if let Some(shards) = shards {
            open.closed.see(shards, now);
        }
        // What lies before the end of a closed shard is known only where this span was asked for before.
        let shown = open
            .metrics
            .answer()
            .get()
            .filter(|shown| (shown.window.len(), shown.window.step_seconds) == (window.len(), window.step_seconds));
        let silent = shown.map_or_else(HashSet::new, |shown| {
            let silent = open.closed.silent(window.step_seconds, now).into_iter();
            silent.filter(|shard| shown.shards.contains_key(shard)).collect()
        });
        let question = Question { window, wishes: sight.wishes(&name, shards), silent, reuse };
        let (minutes, clock) = (self.minutes.clone(), self.clock.clone());
        open.metrics.start(&self.handle, self.wake.clone(), now, async move {
            let mut known = fetch(&connection, &minutes, question, &clock).await?;
            known.remove(&name).ok_or_else(|| Problem::new(ProblemKind::Internal, "No figure was asked for."))
        });
    }

    /// Starts or replaces the tail of the open stream.
    pub fn start_tail(&mut self, options: TailOptions, lease: Option<watch::Receiver<LeaseState>>) {
        let (Some(connection), Some(open)) = (self.connection(), &mut self.open) else { return };
        let wake = self.lazy_wake.clone();
        open.tail = Some(start_tail_as(&self.handle, connection, open.name.clone(), options, lease, wake));
    }

    /// Starts or replaces the sampling of the open stream; adds to what `sample` holds.
    pub fn start_sampler(&mut self, options: SamplerOptions, sample: StreamSample) {
        let sampler = self.sampler(options, sample);
        if let Some(open) = &mut self.open {
            open.sampler = sampler;
        }
    }

    /// Starts to follow a shard of the open stream, in the place of the one that is followed.
    pub fn start_live(&mut self, options: SamplerOptions, sample: StreamSample) {
        let sampler = self.sampler(options, sample);
        if let Some(open) = &mut self.open {
            open.live = sampler;
        }
    }

    fn sampler(&self, options: SamplerOptions, sample: StreamSample) -> Option<SamplerHandle> {
        let (connection, name) = (self.connection()?, self.open.as_ref()?.name.clone());
        let (clock, wake) = (self.clock.clone(), self.lazy_wake.clone());
        Some(start_sampler(&self.handle, connection, name, options, sample, clock, wake))
    }

    /// Lets the open stream be judged beside the window; no call is made.
    pub fn judge(&mut self, now: Timestamp, judge: impl FnOnce() -> Verdict + Send + 'static) {
        let Some(open) = &mut self.open else { return };
        let task = async move {
            tokio::task::spawn_blocking(judge)
                .await
                .map_err(|err| Problem::new(ProblemKind::Internal, format!("The verdict could not be drawn: {err}.")))
        };
        open.verdict.start(&self.handle, self.lazy_wake.clone(), now, task);
    }

    /// Sends records; runs on when the stream is left.
    pub fn inject(&mut self, stream: StreamName, wish: PutWish, log: Option<RunLog>) -> Option<Write> {
        let connection = self.connection()?;
        let options = inject::Options { retry: inject::Retry::FEW.or_none(wish.is_retried), ..inject::FEW };
        let entries = Arc::new(wish.entries);
        let (publish, progress) = watch::channel(inject::prepared(stream.clone(), &entries, &self.clock));
        let (sent, clock, wake) = (entries.clone(), self.clock.clone(), self.wake.clone());
        self.handle.spawn(async move {
            let target = Target { connection, stream };
            inject::run(&target, &sent, options, &clock, &publish, log).await;
            wake.wake();
        });
        Some(Write::Inject { entries, progress })
    }

    /// Switches shard metrics on or off; runs on when the stream is left.
    pub fn set_monitoring(&mut self, change: MonitoringChange, now: Timestamp) -> Option<Write> {
        let connection = self.connection()?;
        let mut done = Box::new(Slot::default());
        let asked = change.clone();
        let task = async move {
            match asked.enable {
                true => connection.enable_monitoring(&asked.stream, &["ALL"]).await,
                false => connection.disable_monitoring(&asked.stream, &["ALL"]).await,
            }
        };
        done.start(&self.handle, self.wake.clone(), now, task);
        Some(Write::Monitoring { change, since: now, done })
    }

    /// Splits, merges, scales or carries a plan out; runs on when the stream is left. `account` is whom it is done for, where that
    /// is known.
    pub fn reshard(&mut self, request: ReshardRequest, account: Option<String>, now: Timestamp) -> Option<Write> {
        let connection = self.connection()?;
        let page = self.page_of(&request, &connection, account, now);
        let (stop, stopped) = watch::channel(false);
        let (publish, progress) = watch::channel(reshard::prepared(request));
        let (clock, wake) = (self.clock.clone(), self.wake.clone());
        let mut done = Box::new(Slot::default());
        let mut changes = publish.subscribe();
        let task = async move {
            match page {
                // The page is given back before the end is told.
                Some(page) => {
                    let outcome = plan::run(&connection, &clock, &publish, &stopped, &page).await;
                    drop(page);
                    outcome
                }
                None => reshard::run(&connection, &clock, &publish).await,
            }
        };
        done.start(&self.handle, self.wake.clone(), now, task);
        self.handle.spawn(async move {
            while changes.changed().await.is_ok() {
                wake.wake();
            }
        });
        Some(Write::Reshard { progress, done, stop, logged: 0 })
    }
}

/// What is asked again because time has passed can wait for the next frame of the clock; what nobody has seen yet cannot.
fn wake_for<T: Send + Sync + 'static>(slot: &Slot<T>, wake: &Wake, lazy: &Wake) -> Wake {
    let known = slot.answer();
    if known.get().is_some() && known.problem.is_none() { lazy.clone() } else { wake.clone() }
}
