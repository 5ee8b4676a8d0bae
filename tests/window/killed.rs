//! The program is killed in the middle of a plan; the next one says how far it got and brings the plan to its end.

use std::time::Duration;

use kinescope::aws::connect::connect;
use kinescope::aws::meter::CallMeter;
use kinescope::model::connection::ConnectRequest;
use kinescope::model::shard_map::ShardMap;

use super::driver::{Window, demo_server};

/// The stream of the demo whose load is skewed enough for a plan of some steps.
const STREAM: &str = "clickstream-data";

/// The open shards as the server lists them, asked by a connection of its own.
fn shards(endpoint_url: &str) -> ShardMap {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    let request = ConnectRequest {
        endpoint_url: Some(endpoint_url.to_owned()),
        region: Some("us-east-1".to_owned()),
        ..ConnectRequest::default()
    };
    runtime.block_on(async {
        let connection = connect(&request, CallMeter::default()).await.expect("connects");
        ShardMap::new(connection.list_shards(&STREAM.into()).await.expect("lists"))
    })
}

/// The number behind this word in a name.
fn number(name: &str, before: &str) -> usize {
    let rest = name.split(before).nth(1).unwrap_or_default();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number behind {before:?} in {name:?}"))
}

fn unlock(window: &mut Window) {
    window.click_exact("Unlock…");
    window.click("Unlock for");
    window.wait("Lock writes", None);
}

#[test]
fn a_plan_survives_the_death_of_its_program() {
    let (_server, url) = demo_server();
    let arguments = ["--endpoint-url", url.as_str(), "--region", "us-east-1"];
    let before = shards(&url).open_count();
    let mut window = Window::open(&arguments);
    window.wait(&format!("Stream {STREAM} critical"), None);
    window.click(&format!("Open heatmap of {STREAM}"));
    window.wait("Heat shardId-", None);
    unlock(&mut window);
    window.click_exact("Reshard…");
    window.wait("Split shard …", None);
    window.click_exact("Scale to N");
    let target = before + 2;
    window.fill("Target shards", &target.to_string());
    window.click_exact("Plan by load");
    let offered = window.wait("Carry out ", None).name;
    let steps = number(&offered, "Carry out ");
    assert!(steps >= 2, "a plan of {steps} steps has no middle");
    window.click("Carry out ");
    // One step is done, another is on its way: that is when it dies.
    window.wait(&format!("Progress 1 of {steps} steps"), None);
    let home = window.kill();
    let between = shards(&url).open_count();
    assert_ne!(between, before, "its first step was carried out");

    let mut window = Window::open_in(home, &arguments);
    let told = window.wait(&format!("A plan for {STREAM} ({before} → {target} shards) is not finished"), None).name;
    assert!(told.contains(&format!(" of {steps}")) && told.contains("ago"), "{told}");
    window.wait("Leave it", None);
    unlock(&mut window);
    window.click_exact("Go on…");
    window.wait("*A plan that was cut off", None);
    window.click("Go on with step ");
    let all = format!("Progress {steps} of {steps} steps");
    window.wait_within(Duration::from_secs(60 + 10 * steps as u64), &all, None);
    window.click_exact("Close");
    let after = shards(&url);
    assert_eq!((after.open_count(), after.tiling_faults().len()), (target, 0));
    window.click_exact("Activity log");
    window.wait(&format!("*step {steps} of {steps}"), None);
}
