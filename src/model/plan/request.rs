//! A plan that is carried out: what was asked, how far it is, and what is left of one that was cut off. Knows no call and no clock.

use super::PlanStep;
use crate::model::activity::cli_line;
use crate::model::answer::Problem;
use crate::model::connection::ConnectionInfo;
use crate::model::format;
use crate::model::hash_range::HashKeyRange;
use crate::model::ids::{ShardId, StreamName};
use crate::model::reshard::{MergeRequest, ReshardRequest, SplitRequest};
use crate::model::shard_map::{Shard, ShardMap};
use crate::model::time::Timestamp;
use crate::model::writes::Receipt;

/// What a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// So many shards of balanced load.
    Balance {
        /// Open shards before.
        from: u32,
        /// Open shards afterwards.
        target: u32,
    },
    /// One hash key in a shard of its own.
    Isolate {
        /// The shard that it is in.
        shard: ShardId,
        /// The partition key, or the hash key where that is not known.
        key: String,
    },
}

/// A plan that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PlanRequest {
    /// The stream.
    pub stream: StreamName,
    /// What for.
    pub purpose: Purpose,
    /// Its steps, in order.
    pub steps: Vec<PlanStep>,
    /// When it was asked for; tells one plan for a stream from another.
    pub started: Timestamp,
    /// The first of its steps that were done before.
    pub done: usize,
    /// Whether it goes on after it was cut off: the next step may have been carried out already.
    pub is_resumed: bool,
}

impl PlanRequest {
    /// What it brings about, `24 → 30 shards`.
    pub fn target(&self) -> String {
        match &self.purpose {
            Purpose::Balance { from, target } if from == target => {
                format!("{} balanced", format::counted(*target as usize, "shard"))
            }
            Purpose::Balance { from, target } => format!("{from} → {target} shards"),
            Purpose::Isolate { shard, key } => format!("{} out of {}", format::one_line(key, 32), shard.short()),
        }
    }

    /// The same as a script of AWS CLI lines that wait for each other. Shards are looked up by their ranges, since the ids of
    /// children are not known before they are made.
    pub fn cli(&self, connection: &ConnectionInfo) -> String {
        let stream = self.stream.as_str();
        let wait = cli_line("wait stream-exists", &[("stream-name", stream)], connection);
        let shard = |range: &HashKeyRange| {
            let list = cli_line("list-shards", &[("stream-name", stream)], connection);
            // An ending sequence number is there only where the shard is closed.
            format!(
                "\"$({list} --output text --query \"Shards[?HashKeyRange.StartingHashKey=='{}' && \
                 HashKeyRange.EndingHashKey=='{}' && SequenceNumberRange.EndingSequenceNumber==null].ShardId\")\"",
                range.start, range.end
            )
        };
        let line = |step: &PlanStep| match step {
            PlanStep::Split { range, at } => {
                let at = at.to_string();
                let options = [("stream-name", stream), ("new-starting-hash-key", at.as_str())];
                format!("{} --shard-to-split {}", cli_line("split-shard", &options, connection), shard(range))
            }
            PlanStep::Merge { lower, upper } => format!(
                "{} --shard-to-merge {} --adjacent-shard-to-merge {}",
                cli_line("merge-shards", &[("stream-name", stream)], connection),
                shard(lower),
                shard(upper)
            ),
        };
        let lines = self.steps.iter().skip(self.done).map(|step| format!("{} &&\n{wait}", line(step)));
        lines.collect::<Vec<String>>().join(" &&\n")
    }
}

impl PlanStep {
    /// The step without ids, `Split 73333333… – 7fffffff… at 784a7904…`.
    pub fn text(&self) -> String {
        match self {
            Self::Split { range, at } => format!("Split {range} at {}", at.hex_short()),
            Self::Merge { lower, upper } => format!("Merge {lower} with … {}", upper.end.hex_short()),
        }
    }

    /// The step with the ids of the shards, once they are known.
    pub fn text_of(&self, request: &ReshardRequest) -> String {
        match self {
            Self::Split { at, .. } => format!("Split {} at {}", request.target(), at.hex_short()),
            Self::Merge { .. } => format!("Merge {}", request.target()),
        }
    }
}

/// What a step comes to in the stream as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// The shards are there.
    Ready(ReshardRequest),
    /// What should come of it is there already: these shards.
    Done(Vec<ShardId>),
    /// Neither: somebody else has cut the key space anew.
    Changed,
}

/// Finds the shards of a step among the open ones.
pub fn resolve(stream: &StreamName, step: &PlanStep, map: &ShardMap) -> Resolved {
    let open =
        |range: HashKeyRange| map.open().find(|shard| shard.range == range).map(|shard: &Shard| shard.id.clone());
    let all = |ranges: Vec<HashKeyRange>| ranges.into_iter().map(open).collect::<Option<Vec<ShardId>>>();
    let stream = stream.clone();
    match (step, all(step.before()).as_deref()) {
        (PlanStep::Split { range, at }, Some([shard])) => Resolved::Ready(ReshardRequest::Split(SplitRequest {
            stream,
            shard: shard.clone(),
            range: *range,
            new_starting_hash_key: *at,
        })),
        (PlanStep::Merge { .. }, Some([lower, upper])) => Resolved::Ready(ReshardRequest::Merge(MergeRequest {
            stream,
            lower: lower.clone(),
            upper: upper.clone(),
            range: step.range(),
        })),
        _ => match all(step.after()) {
            Some(children) if !children.is_empty() => Resolved::Done(children),
            _ => Resolved::Changed,
        },
    }
}

/// A step of a plan that was carried out, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedStep {
    /// Its position in the plan.
    pub at: usize,
    /// The split or merge, with the ids of its shards.
    pub request: ReshardRequest,
    /// When it was begun.
    pub began: Timestamp,
    /// When the stream was active again, or the step had failed.
    pub ended: Timestamp,
    /// What AWS said.
    pub outcome: Result<Receipt, Problem>,
}

/// How far a plan is beyond what its steps say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanProgress {
    /// The steps of this run that have ended, in order.
    pub finished: Vec<FinishedStep>,
    /// The person asked to stop before the next step.
    pub is_stopping: bool,
    /// It ended before its last step because it was asked to.
    pub is_stopped: bool,
}

/// A plan that was begun and has not come to its end, as it is kept on this machine: written before each step.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UnfinishedPlan {
    /// What was asked.
    pub request: PlanRequest,
    /// Label of the connection, for a person.
    pub connection: String,
    /// Region of the connection.
    pub region: String,
    /// Endpoint of the connection, where it is none of AWS's own.
    pub endpoint_url: Option<String>,
    /// Account, where it is known.
    pub account: Option<String>,
    /// First steps that are done for certain.
    pub done: usize,
    /// Whether the next step was about to be sent: whether it was carried out shows only in the stream.
    pub is_in_flight: bool,
    /// When this was written.
    pub at: Timestamp,
    /// Why it ended, where it could be said: refused, or stopped.
    pub why: Option<String>,
    /// Whether the activity log has a line about the step that was in flight.
    pub is_logged: bool,
}

impl UnfinishedPlan {
    /// The request that goes on where it was cut off.
    pub fn resumed(&self) -> PlanRequest {
        PlanRequest { done: self.done, is_resumed: true, ..self.request.clone() }
    }

    /// Whether this connection is the one that it was begun on. The label counts where AWS is meant: two profiles of one account
    /// differ in what they may do.
    pub fn is_of(&self, info: &ConnectionInfo, account: Option<&str>) -> bool {
        let same_account = self.account.as_deref().zip(account).is_none_or(|(a, b)| a == b);
        self.region == info.region && self.endpoint_url == info.endpoint_url && same_account
    }

    /// How far it got, in one sentence.
    pub fn sentence(&self) -> String {
        let all = self.request.steps.len();
        let next = self.done + 1;
        let reached = match (self.is_in_flight, &self.why) {
            (true, None) => format!("the program ended while step {next} of {all} was on its way"),
            (_, Some(why)) => {
                let are = if self.done == 1 { "is" } else { "are" };
                format!("{} of {all} steps {are} done; {why}", self.done)
            }
            (false, None) => format!("the program ended when {} of {all} steps were done", self.done),
        };
        format!("A plan for {} ({}) is not finished: {reached}", self.request.stream, self.request.target())
    }
}

/// What can be asked of plans apart from carrying one out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanCommand {
    /// Stop the plan that runs on the open stream before its next step.
    Stop,
    /// Show one that was cut off, to go on with it.
    Show(Box<UnfinishedPlan>),
    /// Leave one as far as it got, for good.
    Leave(Box<UnfinishedPlan>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connection::Environment;
    use crate::model::hash_range::HashKey;
    use crate::model::ids::SequenceNumber;

    fn halves() -> (HashKeyRange, HashKeyRange) {
        HashKeyRange::FULL.split_at(HashKey(1 << 127)).expect("splits")
    }

    fn request() -> PlanRequest {
        let (lower, upper) = halves();
        PlanRequest {
            stream: "orders".into(),
            purpose: Purpose::Balance { from: 1, target: 1 },
            steps: vec![
                PlanStep::Split { range: HashKeyRange::FULL, at: upper.start },
                PlanStep::Merge { lower, upper },
            ],
            started: Timestamp(5),
            done: 0,
            is_resumed: false,
        }
    }

    fn map(ranges: &[(&str, HashKeyRange)]) -> ShardMap {
        let shard = |(id, range): &(&str, HashKeyRange)| Shard {
            id: ShardId::from(*id),
            range: *range,
            parent: None,
            adjacent_parent: None,
            starting_sequence_number: SequenceNumber::from("1"),
            ending_sequence_number: None,
        };
        ShardMap::new(ranges.iter().map(shard).collect())
    }

    #[test]
    fn a_step_is_ready_done_or_overtaken() {
        let (lower, upper) = halves();
        let of = |step: usize, map: &ShardMap| resolve(&"orders".into(), &request().steps[step], map);
        let whole = map(&[("a", HashKeyRange::FULL)]);
        let cut = map(&[("b", lower), ("c", upper)]);
        assert!(matches!(of(0, &whole), Resolved::Ready(ReshardRequest::Split(split)) if split.shard.as_str() == "a"));
        assert_eq!(of(0, &cut), Resolved::Done(vec!["b".into(), "c".into()]));
        assert!(matches!(of(1, &cut), Resolved::Ready(ReshardRequest::Merge(merge)) if merge.upper.as_str() == "c"));
        assert_eq!(of(0, &map(&[("d", lower)])), Resolved::Changed);
    }

    #[test]
    fn the_script_finds_shards_by_their_ranges_and_waits() {
        let info = ConnectionInfo {
            label: "dev".to_owned(),
            profile: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
            environment: Environment::Dev,
            has_cloudwatch: true,
        };
        let script = request().cli(&info);
        let lines: Vec<&str> = script.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].starts_with("aws kinesis split-shard --stream-name orders --new-starting-hash-key 1701"));
        assert!(lines[0].contains("StartingHashKey=='0'") && lines[0].ends_with("&&"), "{}", lines[0]);
        assert_eq!(lines[3], "aws kinesis wait stream-exists --stream-name orders --region eu-west-1");
        assert_eq!(PlanRequest { done: 1, ..request() }.cli(&info).lines().count(), 2);
    }

    #[test]
    fn an_unfinished_plan_survives_its_file_format_and_says_how_far_it_got() {
        let plan = UnfinishedPlan {
            request: request(),
            connection: "dev".to_owned(),
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
            account: None,
            done: 1,
            is_in_flight: true,
            at: Timestamp(9),
            why: None,
            is_logged: false,
        };
        let text = serde_json::to_string(&plan).expect("writes");
        assert_eq!(serde_json::from_str::<UnfinishedPlan>(&text).expect("reads"), plan);
        assert_eq!(
            plan.sentence(),
            "A plan for orders (1 shard balanced) is not finished: the program ended while step 2 of 2 was on its way"
        );
        assert_eq!((plan.resumed().done, plan.resumed().is_resumed), (1, true));
    }
}
