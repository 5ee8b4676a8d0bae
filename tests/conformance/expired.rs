//! Credentials that expire half way through a plan: what is said, what is kept, and that it goes on where it was.

use kinescope::model::answer::ProblemKind;
use kinescope::model::plan::request::{Resolved, UnfinishedPlan, resolve};
use kinescope::model::reshard::StepState;
use kinescope::tasks::plan_journal::PlanJournal;

use crate::gate::{Ends, Gate};
use crate::plans::{begin, journal, planned, ranges, request};
use crate::target::{Outcome, Target, connection_to, ensure};

/// Runs a plan whose session ends, then goes on with it; gives what was left in between. The stream has so many of its steps then.
async fn broken_and_gone_on_with(
    target: &Target,
    name: &str,
    ends: Ends,
    carried_out: usize,
) -> Outcome<UnfinishedPlan> {
    let stream = target.stream(name, 3).await?;
    let plan = planned(&target.shards(&stream).await?, 4)?;
    let all = plan.steps.len();
    ensure!(all >= 3, "a plan of {all} steps has no middle");
    let gate = Gate::before(&target.endpoint_url, ends).await;
    let connection = connection_to(&gate.endpoint_url).await;
    let folder = tempfile::tempdir()?;
    let running = begin(&connection, request(&stream, &plan), &journal(folder.path()));
    let Err(problem) = running.task.await? else { return Err("it went on without a session".into()) };
    ensure!(gate.has_expired(), "it failed before: {}", problem.sentence);
    ensure!(problem.kind == ProblemKind::Credentials, "{problem:?}");
    let sentence = problem.sentence;
    ensure!(sentence.starts_with(&format!("Step 2 of {all}: ")), "{sentence}");
    ensure!(sentence.contains("has expired. Sign in again"), "{sentence}");
    let run = running.progress.borrow().clone();
    ensure!(run.is_done, "it still runs");
    ensure!(matches!(run.steps[0].state, StepState::Done(_)), "{:?}", run.steps);
    ensure!(matches!(run.steps[1].state, StepState::Failed(..)), "{:?}", run.steps);
    ensure!(run.steps[2..].iter().all(|step| step.state == StepState::Waiting), "{:?}", run.steps);
    target.settled(&stream).await?;
    let between = target.shards(&stream).await?;
    let is_there = |at: usize| matches!(resolve(&stream, &plan.steps[at].step, &between), Resolved::Done(_));
    ensure!(is_there(carried_out - 1) && !is_there(carried_out), "not {carried_out} steps are carried out");
    let left = journal(folder.path()).unfinished();
    let [left] = left.as_slice() else { return Err(format!("{} plans are left", left.len()).into()) };
    ensure!(left.done == 1 && left.why.as_deref() == Some(sentence.as_str()), "{left:?}");
    ensure!(left.sentence().contains(&format!("1 of {all} steps is done")), "{}", left.sentence());

    gate.sign_in();
    let running = begin(&connection, left.resumed(), &journal(folder.path()));
    let progress = running.progress.clone();
    running.task.await??;
    let first = progress.borrow().plan.finished.first().map_or(all, |step| step.at);
    ensure!(first == carried_out, "the first call was that of step {}, not {}", first + 1, carried_out + 1);
    let goal: Vec<_> = plan.after.iter().map(|(range, _)| *range).collect();
    let after = ranges(&target.shards(&stream).await?);
    ensure!(after == goal, "{after:?} and not {goal:?}");
    ensure!(PlanJournal::in_folder(folder.path().to_owned()).unfinished().is_empty(), "something is left");
    Ok(left.clone())
}

pub async fn a_step_that_an_expired_session_refused_is_sent_after_a_sign_in(target: Target) -> Outcome {
    let left = broken_and_gone_on_with(&target, "refused-half-way", Ends::At(2), 1).await?;
    ensure!(!left.sentence().contains("accepted"), "{}", left.sentence());
    Ok(())
}

pub async fn a_step_whose_session_expired_behind_its_call_is_not_sent_twice(target: Target) -> Outcome {
    let left = broken_and_gone_on_with(&target, "accepted-half-way", Ends::Behind(2), 2).await?;
    let says = left.sentence().contains(" was accepted (request ");
    ensure!(says, "{}", left.sentence());
    Ok(())
}
