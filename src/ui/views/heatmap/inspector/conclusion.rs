//! The conclusion that the inspector shows: made anew when the figures, the sample or the selection changed, never per frame.

use std::sync::Arc;

use crate::model::ids::ShardId;
use crate::model::metrics::StreamMetrics;
use crate::model::sample::StreamSample;
use crate::model::shard_map::ShardMap;
use crate::model::verdict::{Evidence, Verdict, judge};
use crate::model::world::OpenStream;

/// What a conclusion was made from; shared values are told apart by their place in memory, and kept so that it stays taken.
#[derive(Debug)]
struct Source {
    shard: Option<ShardId>,
    shards: Arc<ShardMap>,
    metrics: Option<Arc<StreamMetrics>>,
    sample: Option<Arc<StreamSample>>,
}

impl Source {
    fn of(open: &OpenStream, shard: Option<&ShardId>) -> Option<Self> {
        Some(Self {
            shard: shard.cloned(),
            shards: open.shards.value.as_ref().map(|(shards, _)| shards.clone())?,
            metrics: open.metrics.value.as_ref().map(|(metrics, _)| metrics.clone()),
            sample: open.records.clone().or_else(|| open.sample.sample.clone()),
        })
    }

    fn is(&self, other: &Self) -> bool {
        fn same<T>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
            match (a, b) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (None, None) => true,
                _ => false,
            }
        }
        self.shard == other.shard
            && Arc::ptr_eq(&self.shards, &other.shards)
            && same(self.metrics.as_ref(), other.metrics.as_ref())
            && same(self.sample.as_ref(), other.sample.as_ref())
    }
}

/// The last conclusion.
#[derive(Debug, Default)]
pub struct Conclusion(Option<(Source, Arc<Verdict>)>);

impl Conclusion {
    /// The conclusion about a shard, or about the stream; `None` until the shards are listed.
    pub fn about(&mut self, open: &OpenStream, shard: Option<&ShardId>) -> Option<Arc<Verdict>> {
        let source = Source::of(open, shard)?;
        match &self.0 {
            Some((made_from, verdict)) if made_from.is(&source) => Some(verdict.clone()),
            _ => {
                let evidence = Evidence {
                    summary: open.summary.get(),
                    shards: &source.shards,
                    metrics: source.metrics.as_deref(),
                    sample: source.sample.as_deref(),
                };
                let verdict = Arc::new(judge(&evidence, shard));
                self.0 = Some((source, verdict.clone()));
                Some(verdict)
            }
        }
    }
}
