//! Changes of how the key space is cut that were asked for, and how far each has come. Knows no call and no clock.

use super::activity::cli_line;
use super::answer::Problem;
use super::connection::ConnectionInfo;
use super::hash_range::{HashKey, HashKeyRange};
use super::ids::{ShardId, StreamName};
use super::plan::request::{PlanProgress, PlanRequest};
use super::time::Timestamp;

/// A split that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitRequest {
    /// The stream.
    pub stream: StreamName,
    /// The shard to split; must be open.
    pub shard: ShardId,
    /// Its range, for the record of what was done.
    pub range: HashKeyRange,
    /// First hash key of the upper child.
    pub new_starting_hash_key: HashKey,
}

/// A merge that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeRequest {
    /// The stream.
    pub stream: StreamName,
    /// The shard with the lower hash keys; must be open.
    pub lower: ShardId,
    /// Its neighbour; must be open and begin right behind.
    pub upper: ShardId,
    /// The range of both together.
    pub range: HashKeyRange,
}

/// A uniform scaling that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleRequest {
    /// The stream.
    pub stream: StreamName,
    /// Open shards when it was asked.
    pub from: u32,
    /// Open shards afterwards.
    pub target: u32,
}

/// What is to be done to the shards of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReshardRequest {
    /// One shard becomes two.
    Split(SplitRequest),
    /// Two neighbours become one.
    Merge(MergeRequest),
    /// All shards are replaced by so many of equal range.
    Scale(ScaleRequest),
    /// Single splits and merges, one after the other.
    Plan(PlanRequest),
}

impl ReshardRequest {
    /// The stream.
    pub fn stream(&self) -> &StreamName {
        match self {
            Self::Split(request) => &request.stream,
            Self::Merge(request) => &request.stream,
            Self::Scale(request) => &request.stream,
            Self::Plan(request) => &request.stream,
        }
    }

    /// The API operation; of a plan, which is many, its name here.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Split(_) => "SplitShard",
            Self::Merge(_) => "MergeShards",
            Self::Scale(_) => "UpdateShardCount",
            Self::Plan(_) => "Plan",
        }
    }

    /// What it works on, `…0024 + …0025`; for a status bar.
    pub fn target(&self) -> String {
        match self {
            Self::Split(request) => request.shard.short(),
            Self::Merge(request) => format!("{} + {}", request.lower.short(), request.upper.short()),
            Self::Scale(request) => format!("{} → {}", request.from, request.target),
            Self::Plan(request) => request.target(),
        }
    }

    /// What it works on and where, for the activity log.
    pub fn logged_target(&self) -> String {
        match self {
            Self::Split(request) => {
                format!("{} at {}", request.shard.short(), request.new_starting_hash_key.hex_short())
            }
            Self::Merge(_) | Self::Plan(_) => self.target(),
            Self::Scale(_) => format!("{} shards", self.target()),
        }
    }

    /// Whether this shard is closed by it; never said of a scaling, which replaces all that do not fit, nor of a plan.
    pub fn closes(&self, shard: &ShardId) -> bool {
        match self {
            Self::Split(request) => request.shard == *shard,
            Self::Merge(request) => request.lower == *shard || request.upper == *shard,
            Self::Scale(_) | Self::Plan(_) => false,
        }
    }

    /// The same as an AWS CLI line.
    pub fn cli(&self, connection: &ConnectionInfo) -> String {
        match self {
            Self::Split(SplitRequest { stream, shard, new_starting_hash_key, .. }) => {
                let key = new_starting_hash_key.to_string();
                let options = [
                    ("stream-name", stream.as_str()),
                    ("shard-to-split", shard.as_str()),
                    ("new-starting-hash-key", key.as_str()),
                ];
                cli_line("split-shard", &options, connection)
            }
            Self::Merge(MergeRequest { stream, lower, upper, .. }) => {
                let options = [
                    ("stream-name", stream.as_str()),
                    ("shard-to-merge", lower.as_str()),
                    ("adjacent-shard-to-merge", upper.as_str()),
                ];
                cli_line("merge-shards", &options, connection)
            }
            Self::Scale(ScaleRequest { stream, target, .. }) => {
                let target = target.to_string();
                let options = [
                    ("stream-name", stream.as_str()),
                    ("target-shard-count", target.as_str()),
                    ("scaling-type", "UNIFORM_SCALING"),
                ];
                cli_line("update-shard-count", &options, connection)
            }
            Self::Plan(request) => request.cli(connection),
        }
    }
}

/// State of one step of a reshard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Under way since then.
    Running(Timestamp),
    /// Done then.
    Done(Timestamp),
    /// Failed.
    Failed(Timestamp, Problem),
}

/// One step of a reshard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReshardStep {
    /// What it does, `SplitShard accepted`.
    pub text: String,
    /// Where it stands.
    pub state: StepState,
}

/// A reshard on its way, or the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReshardRun {
    /// What was asked.
    pub request: ReshardRequest,
    /// Its steps, in order.
    pub steps: Vec<ReshardStep>,
    /// The children of a split or a merge, once they are listed.
    pub children: Vec<ShardId>,
    /// Open shards as the stream counted them last; `None` until it was asked since the call.
    pub open_shards: Option<u32>,
    /// Whether it has ended, well or not.
    pub is_done: bool,
    /// More about a plan.
    pub plan: PlanProgress,
}

/// What went wrong first.
pub fn first_problem(steps: &[ReshardStep]) -> Option<&Problem> {
    steps.iter().find_map(|step| match &step.state {
        StepState::Failed(_, problem) => Some(problem),
        _ => None,
    })
}

impl ReshardRun {
    /// What went wrong first.
    pub fn problem(&self) -> Option<&Problem> {
        first_problem(&self.steps)
    }

    /// Whether this carries a plan out.
    pub fn is_plan(&self) -> bool {
        matches!(self.request, ReshardRequest::Plan(_))
    }

    /// Of a plan, the number of its steps that are done and of all.
    pub fn plan_steps(&self) -> Option<(usize, usize)> {
        let done = self.steps.iter().filter(|step| matches!(step.state, StepState::Done(_))).count();
        self.is_plan().then_some((done, self.steps.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connection::Environment;

    #[test]
    fn each_change_has_its_cli_line() {
        let connection = ConnectionInfo {
            label: "dev".to_owned(),
            profile: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
            environment: Environment::Dev,
            has_cloudwatch: true,
        };
        let stream = StreamName::from("orders");
        let merge = ReshardRequest::Merge(MergeRequest {
            stream: stream.clone(),
            lower: "shardId-000000000001".into(),
            upper: "shardId-000000000002".into(),
            range: HashKeyRange::FULL,
        });
        assert_eq!(
            merge.cli(&connection),
            "aws kinesis merge-shards --stream-name orders --shard-to-merge shardId-000000000001 \
             --adjacent-shard-to-merge shardId-000000000002 --region eu-west-1"
        );
        assert_eq!(merge.target(), "…0001 + …0002");
        let scale = ReshardRequest::Scale(ScaleRequest { stream, from: 4, target: 6 });
        assert_eq!(
            scale.cli(&connection),
            "aws kinesis update-shard-count --stream-name orders --target-shard-count 6 --scaling-type UNIFORM_SCALING \
             --region eu-west-1"
        );
        assert_eq!(scale.logged_target(), "4 → 6 shards");
    }
}
