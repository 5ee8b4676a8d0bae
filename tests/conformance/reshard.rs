//! Reshards as the program carries them out: followed until the stream is active, with what came of them.

use kinescope::model::hash_range::HashKeyRange;
use kinescope::model::reshard::{MergeRequest, ReshardRequest, ReshardRun, ScaleRequest, StepState};
use kinescope::tasks::clock::Clock;
use kinescope::tasks::reshard;
use tokio::sync::watch;

use crate::target::{Outcome, Target, ensure};

async fn carry_out(target: &Target, request: ReshardRequest) -> Outcome<ReshardRun> {
    let (publish, progress) = watch::channel(reshard::prepared(request));
    reshard::run(&target.connection, &Clock::system(), &publish).await?;
    let run = progress.borrow().clone();
    ensure!(run.is_done, "it does not say that it is done");
    let steps: Vec<_> = run.steps.iter().filter(|step| !matches!(step.state, StepState::Done(_))).collect();
    ensure!(steps.is_empty(), "these steps are not done: {steps:?}");
    Ok(run)
}

pub async fn a_merge_is_followed_to_its_child(target: Target) -> Outcome {
    let stream = target.stream("followed-merge", 3).await?;
    let before = target.shards(&stream).await?;
    let pairs = kinescope::model::merge::pairs(&before, None);
    let pair = pairs.first().ok_or("no pair")?;
    let run = carry_out(&target, ReshardRequest::Merge(pair.request(&stream))).await?;
    let after = target.shards(&stream).await?;
    ensure!(run.open_shards == Some(2) && after.open_count() == 2, "{:?} open shards", run.open_shards);
    ensure!(after.tiling_faults().is_empty(), "{:?}", after.tiling_faults());
    let child = run.children.first().and_then(|id| after.get(id)).ok_or("its child is not listed")?;
    ensure!(run.children.len() == 1 && child.is_open() && child.range == pair.range, "{child:?}");
    Ok(())
}

pub async fn scaling_is_followed_up_and_down(target: Target) -> Outcome {
    let stream = target.stream("followed-scaling", 4).await?;
    for (from, wanted) in [(4, 6), (6, 3)] {
        let request = ScaleRequest { stream: stream.clone(), from, target: wanted };
        let run = carry_out(&target, ReshardRequest::Scale(request)).await?;
        let after = target.shards(&stream).await?;
        ensure!(run.open_shards == Some(wanted), "{:?} open shards, not {wanted}", run.open_shards);
        ensure!(after.open_count() == wanted as usize, "{} are listed", after.open_count());
        ensure!(after.tiling_faults().is_empty(), "{:?}", after.tiling_faults());
    }
    Ok(())
}

pub async fn scaling_makes_equal_ranges(target: Target) -> Outcome {
    let stream = target.stream("equal-ranges", 4).await?;
    carry_out(&target, ReshardRequest::Scale(ScaleRequest { stream: stream.clone(), from: 4, target: 6 })).await?;
    for (shard, range) in target.shards(&stream).await?.open().zip(HashKeyRange::uniform(6)) {
        ensure!((shard.range.share() - range.share()).abs() < 1e-9, "{} owns {}", shard.id, shard.range.share());
    }
    Ok(())
}

pub async fn a_plan_for_other_shards_is_not_carried_out(target: Target) -> Outcome {
    let stream = target.stream("changed", 2).await?;
    let request = ReshardRequest::Scale(ScaleRequest { stream: stream.clone(), from: 3, target: 4 });
    ensure!(carry_out(&target, request).await.is_err(), "it scaled from 2 shards though 3 were planned with");
    Ok(())
}

pub async fn two_closed_shards_are_not_merged(target: Target) -> Outcome {
    let stream = target.stream("merged-twice", 2).await?;
    let shards: Vec<_> = target.shards(&stream).await?.open().cloned().collect();
    let range = HashKeyRange::FULL;
    let [lower, upper] = shards.as_slice() else { return Err(format!("{} open shards", shards.len()).into()) };
    let request = MergeRequest { stream: stream.clone(), lower: lower.id.clone(), upper: upper.id.clone(), range };
    carry_out(&target, ReshardRequest::Merge(request.clone())).await?;
    ensure!(carry_out(&target, ReshardRequest::Merge(request)).await.is_err(), "two closed shards were merged");
    Ok(())
}
