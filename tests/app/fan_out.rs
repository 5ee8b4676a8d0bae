//! The tail by enhanced fan-out in the whole program: registered only when unlocked, logged, deregistered at the end, and
//! cleared away where an earlier run did not get to that.

use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::activity::Event;
use kinescope::model::fan_out::OwnConsumer;
use kinescope::model::time::Timestamp;
use kinescope::model::world::World;
use kinescope::tasks::fan_out::ledger::Ledger;

use eframe::egui::Key;

use crate::desk::Desk;
use crate::runtime;

fn kept(world: &World) -> usize {
    world.open.as_ref().map_or(0, |open| open.tail.store.record_count())
}

/// The AWS CLI lines of the calls in the log.
fn calls(world: &World) -> Vec<String> {
    let of = |event: &Event| match event {
        Event::Call { cli, .. } => Some(cli.clone()),
        _ => None,
    };
    world.activity.iter().filter_map(|entry| of(&entry.event)).collect()
}

fn unlock(desk: &mut Desk) {
    desk.see("Unlock writes");
    // An endpoint of this machine asks for no typed word.
    desk.click("Unlock for");
    desk.until("writes are unlocked", World::is_unlocked);
}

#[test]
fn a_consumer_is_registered_for_the_tail_and_gone_behind_it() {
    let runtime = runtime();
    let server = runtime.block_on(LocalServer::start(LocalOptions::default())).expect("server");
    let mut desk = Desk::open(&runtime, Some(Desk::endpoint(&server.endpoint_url())));
    desk.see("Stream clickstream-data critical");
    desk.click("Open order-events");
    desk.key(Key::Num3);
    desk.until("records come by polling", |world| kept(world) > 5);
    desk.click("Enhanced fan-out");
    desk.click("Unlock to register");
    unlock(&mut desk);
    desk.click("Enhanced fan-out");
    desk.click("Register and read");
    desk.until("it is registered and read as", |world| world.fan_out.name.starts_with("kinescope-") && kept(world) > 5);
    desk.until("the status bar says so", |world| {
        world.tasks.iter().any(|task| task.text.contains(&format!("as {}", world.fan_out.name)))
    });
    let name = desk.world(|world| world.fan_out.name.clone());
    let logged = desk.world(calls);
    let [register] = logged.as_slice() else { panic!("{logged:?}") };
    assert!(register.starts_with("aws kinesis register-stream-consumer --stream-arn arn:aws:kinesis:"), "{register}");
    assert!(register.contains(&format!("--consumer-name {name} ")), "{register}");
    let notes = || std::fs::read_dir(desk.home().join("consumers")).expect("a folder").count();
    assert_eq!(notes(), 1);

    desk.click("Trim horizon");
    desk.until("it begins anew with the same consumer", |world| kept(world) > 20 && world.fan_out.name == name);
    desk.click("Stop");
    desk.until("it is deregistered", |world| calls(world).len() == 2);
    let logged = desk.world(calls);
    assert!(logged[1].starts_with("aws kinesis deregister-stream-consumer --consumer-arn arn:aws:"), "{logged:?}");
    assert!(logged[1].contains(&name), "{logged:?}");
    let notes = std::fs::read_dir(desk.home().join("consumers")).expect("a folder").count();
    assert_eq!(notes, 0);
    assert!(desk.world(|world| world.own_leftovers().next().is_none()));
}

#[test]
fn what_an_earlier_run_left_behind_is_offered_and_deregistered() {
    let runtime = runtime();
    let server = runtime.block_on(LocalServer::start(LocalOptions::default())).expect("server");
    let url = server.endpoint_url();
    let home = tempfile::tempdir().expect("folder");
    let own = |name: &str| OwnConsumer {
        name: name.to_owned(),
        stream: "order-events".into(),
        stream_arn: "arn:aws:kinesis:us-east-1:000000000000:stream/order-events".to_owned(),
        connection: "local".to_owned(),
        profile: None,
        region: "us-east-1".to_owned(),
        endpoint_url: Some(url.clone()),
        noted: Timestamp(1),
    };
    let ledger = Ledger::inside(&home.path().join("consumers"));
    // One was registered before the crash, of the other the call never came through; the third is of another place.
    runtime.block_on(async {
        let connection = crate::connection(&url).await;
        connection.register_consumer(&own("kinescope-a").stream_arn, "kinescope-a").await.expect("registers");
    });
    drop(ledger.note(own("kinescope-a")).expect("notes"));
    drop(ledger.note(own("kinescope-b")).expect("notes"));
    drop(ledger.note(OwnConsumer { region: "eu-west-1".to_owned(), ..own("kinescope-c") }).expect("notes"));

    let mut desk = Desk::open_in(&runtime, home, Some(Desk::endpoint(&url)));
    let words = desk.see("2 fan-out consumers were left behind");
    assert!(words.contains("kinescope-a on order-events and 1 more"), "{words}");
    desk.click("Unlock to deregister…");
    unlock(&mut desk);
    desk.click("Deregister them");
    desk.until("they are gone", |world| world.own_leftovers().next().is_none());
    let logged = desk.world(calls);
    let [deregister] = logged.as_slice() else { panic!("{logged:?}") };
    assert!(deregister.contains("deregister-stream-consumer") && deregister.contains("kinescope-a"), "{deregister}");
    assert_eq!(ledger.leftovers().len(), 1, "that of another place stays");
    let left = runtime
        .block_on(async { crate::connection(&url).await.list_consumers(&own("x").stream_arn).await.expect("lists") });
    assert!(left.iter().all(|consumer| !consumer.name.starts_with("kinescope-")), "{left:?}");
}
