//! What the strictest servers refuse of a scaling: said in a sentence, with nothing changed.

use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::answer::ProblemKind;
use kinescope::model::ids::StreamName;
use kinescope::model::reshard::{ReshardRequest, ScaleRequest, StepState};
use kinescope::tasks::clock::Clock;
use kinescope::tasks::reshard;
use tokio::sync::watch;

use crate::peers::{Kind, Peer};
use crate::target::{Outcome, Target, ensure};

/// Open shards that either server gives an account.
const QUOTA: u32 = 1_000;

async fn is_refused(target: &Target, stream: &StreamName, from: u32, to: u32) -> Outcome {
    let before = target.shards(stream).await?;
    let request = ReshardRequest::Scale(ScaleRequest { stream: stream.clone(), from, target: to });
    let (publish, progress) = watch::channel(reshard::prepared(request));
    let Err(problem) = reshard::run(&target.connection, &Clock::system(), &publish).await else {
        return Err(format!("{from} to {to} was taken").into());
    };
    ensure!(matches!(problem.kind, ProblemKind::Limit | ProblemKind::Invalid), "{problem:?}");
    ensure!(problem.sentence.starts_with("UpdateShardCount"), "{}", problem.sentence);
    ensure!(problem.sentence.contains(stream.as_str()), "{}", problem.sentence);
    let run = progress.borrow().clone();
    ensure!(run.is_done && matches!(run.steps[1].state, StepState::Failed(..)), "{:?}", run.steps);
    ensure!(target.shards(stream).await?.all() == before.all(), "something was changed");
    Ok(())
}

async fn scalings_out_of_bounds(endpoint_url: &str) -> Outcome {
    let target = Target::at(endpoint_url).await;
    let small = target.stream("small", 4).await?;
    is_refused(&target, &small, 4, 9).await?;
    is_refused(&target, &small, 4, 1).await?;
    let large = target.stream("large", 600).await?;
    is_refused(&target, &large, 600, QUOTA + 1).await
}

#[tokio::test]
async fn the_embedded_server_refuses_a_scaling_beyond_double_half_and_the_quota() {
    let server = LocalServer::start(LocalOptions::empty()).await.expect("starts");
    scalings_out_of_bounds(&server.endpoint_url()).await.expect("is refused");
}

#[tokio::test]
async fn kinesis_local_refuses_a_scaling_beyond_double_half_and_the_quota() {
    let peer = Peer::start(Kind::KinesisLocal);
    scalings_out_of_bounds(&peer.endpoint_url).await.expect("is refused");
}
