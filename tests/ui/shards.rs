//! The view of shards.

use egui_kittest::kittest::Queryable;
use kinescope::model::answer::{Answer, Problem, ProblemKind};
use kinescope::model::shard_map::ShardMap;
use kinescope::ui::command::{Command, Dialog};
use kinescope::ui::views::shards::{ShardsState, show};

use crate::harness::picture;
use crate::stage::{self, Stage, shard_id, window};

fn stage() -> Stage<ShardsState> {
    Stage::new(stage::world())
}

#[test]
fn every_listed_shard_is_a_row_with_its_figures() {
    let mut harness = window(stage(), show);
    harness.get_by_label(
        "Shard shardId-000000000007 OPEN 10.0 % of the key space, 12.0 % of the load, 96 % of limit now, 336 writes refused",
    );
    harness.get_by_label("24 open 1 closed");
    picture(&mut harness, "shards");
}

#[test]
fn a_click_selects_and_split_opens_the_dialog_for_it() {
    let mut harness = window(stage(), show);
    harness.get_by_label_contains("Shard shardId-000000000019").click();
    harness.run_steps(3);
    assert_eq!(harness.state().selection, Some(shard_id(19)));
    picture(&mut harness, "shards_selected");
    harness.get_by_label("Split…").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::Open(Dialog::Reshard)));
}

#[test]
fn both_themes_and_a_small_window_keep_their_shape() {
    let mut stage = stage();
    stage.is_light = true;
    stage.selection = Some(shard_id(38));
    let mut harness = window(stage, show);
    picture(&mut harness, "shards_light");
    let mut harness = stage::sized(self::stage(), show, 1_024.0, 700.0);
    picture(&mut harness, "shards_small");
}

#[test]
fn without_metrics_nothing_is_zero() {
    let mut stage = stage();
    if let Some(open) = &mut stage.world.open {
        open.metrics = Answer::default();
        let mut shards = stage::shards();
        shards.retain(|shard| shard.id != shard_id(7));
        open.shards = Answer::known(ShardMap::new(shards), stage::now());
    }
    let mut harness = window(stage, show);
    assert!(harness.query_by_label_contains("do not tile the key space").is_some());
    harness.get_by_label("Shard shardId-000000000010 OPEN 5.0 % of the key space");
    picture(&mut harness, "shards_unknown");
}

#[test]
fn loading_and_failing_say_so() {
    let mut stage = stage();
    if let Some(open) = &mut stage.world.open {
        open.shards = Answer::default();
    }
    let mut harness = window(stage, show);
    assert!(harness.query_by_label_contains("Loading shards").is_some());
    let problem = Problem::new(ProblemKind::AccessDenied, "The role oncall-ro lacks kinesis:ListShards.");
    if let Some(open) = &mut harness.state_mut().world.open {
        open.shards.finish(Err(problem), stage::now());
    }
    harness.run_steps(3);
    harness.get_by_label("Retry").click();
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::Refresh));
}

#[test]
fn columns_sort_both_ways() {
    let mut harness = window(stage(), show);
    let top = |harness: &egui_kittest::Harness<'_, Stage<ShardsState>>, name: &str| {
        harness.get_by_label_contains(name).rect().top()
    };
    assert!(top(&harness, "Shard shardId-000000000007") < top(&harness, "Shard shardId-000000000019"));
    harness.get_by_label("Sort by Load ÷ space").click();
    harness.run_steps(2);
    assert!(top(&harness, "Shard shardId-000000000019") < top(&harness, "Shard shardId-000000000007"));
}
