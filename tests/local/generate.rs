//! Loads of a known shape, sent to the embedded server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::ShardIteratorType;
use kinescope::aws::meter::CallMeter;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::connection::ConnectRequest;
use kinescope::model::generator::keys::{KeyPlan, KeyStrategy};
use kinescope::model::generator::run::{GeneratorEnd, GeneratorRun};
use kinescope::model::generator::schedule::{Rate, Schedule, Until};
use kinescope::model::generator::{BusyShard, GeneratorSpec, Stops};
use kinescope::model::ids::StreamName;
use kinescope::model::shard_map::ShardMap;
use kinescope::model::unfinished::Account;
use kinescope::model::wrap::Wrap;
use kinescope::tasks::clock::Clock;
use kinescope::tasks::inject::batch::Means;
use kinescope::tasks::inject::deliver::Target;
use kinescope::tasks::inject::generate::{Begin, GeneratorJob};
use kinescope::tasks::session;
use kinescope::tasks::wake::Wake;

use crate::support::{config, iterator};

struct Bench {
    _server: LocalServer,
    client: Client,
    target: Target,
    shards: Vec<BusyShard>,
}

impl Bench {
    async fn start(shards: i32, now: Option<f64>) -> Self {
        let options = LocalOptions { reshard_delay: Duration::ZERO, ..LocalOptions::empty() };
        let server = LocalServer::start(options).await.expect("starts");
        let client = Client::new(&config(&server).await);
        client.create_stream().stream_name("load").shard_count(shards).send().await.expect("creates");
        let request = ConnectRequest { endpoint_url: Some(server.endpoint_url()), ..ConnectRequest::default() };
        let session = session::open(request, CallMeter::default(), &Clock::system()).await.expect("connects");
        let stream = StreamName::from("load");
        let map = session.connection.list_shards(&stream).await.map(ShardMap::new).expect("lists");
        let shards = map.open().map(|shard| BusyShard { id: shard.id.clone(), range: shard.range, now }).collect();
        Self { _server: server, client, target: Target { connection: session.connection, stream }, shards }
    }

    fn job(&self, spec: GeneratorSpec) -> GeneratorJob {
        self.begun(spec, Begin::default())
    }

    fn begun(&self, spec: GeneratorSpec, begin: Begin) -> GeneratorJob {
        let handle = tokio::runtime::Handle::current();
        let means = Means { handle, target: self.target.clone(), clock: Clock::system(), wake: Wake::none() };
        GeneratorJob::start(means, spec, self.shards.clone(), (1_048_576, 100.0), (begin, None)).expect("starts")
    }
}

fn spec(rate: Rate, seconds: u32) -> GeneratorSpec {
    GeneratorSpec {
        template: r#"{"n":{{counter}},"k":"{{partition_key}}","pad":"{{text 200}}"}"#.to_owned(),
        keys: KeyPlan { strategy: KeyStrategy::Uniform, pattern: "k-{{rank}}".to_owned(), keys: 500 },
        schedule: Schedule { rate, ramp_seconds: 0, until: Until::Seconds(seconds) },
        seed: 7,
        stops: Stops { cap: None, ..Stops::default() },
        wrap: Wrap::Plain,
    }
}

async fn finished(job: &GeneratorJob) -> Arc<GeneratorRun> {
    let began = Instant::now();
    loop {
        let run = job.run();
        if run.end.is_some() {
            return run;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{run:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_rate_is_held_within_two_per_cent() {
    let bench = Bench::start(4, None).await;
    let began = Instant::now();
    let run = finished(&bench.job(spec(Rate::Records(600.0), 5))).await;
    let took = began.elapsed().as_secs_f64();
    assert_eq!((run.end.clone(), run.failed, run.unknown), (Some(GeneratorEnd::Done), 0, 0), "{run:?}");
    let rate = run.sent.records as f64 / took;
    println!("600 rec/s for 5 s: {} records in {took:.3} s, {rate:.1} rec/s", run.sent.records);
    assert!((rate / 600.0 - 1.0).abs() < 0.02, "{rate} rec/s");
    assert_eq!(run.shards.iter().map(|shard| shard.sent.records).sum::<u64>(), run.sent.records);
    // Not only the mean: every whole second after the first holds it closely.
    let seconds: Vec<f64> = run.course.rates().map(|(_, rate)| rate).skip(1).take(3).collect();
    assert!(seconds.iter().all(|rate| (rate / 600.0 - 1.0).abs() < 0.1), "{seconds:?}");
    let run = finished(&bench.job(spec(Rate::Bytes(262_144.0), 4))).await;
    let rate = run.sent.bytes as f64 / 4.0;
    println!("256 KiB/s for 4 s: {rate:.0} bytes/s");
    assert!((rate / 262_144.0 - 1.0).abs() < 0.02, "{rate} bytes/s");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cap_stops_it_and_counts_what_the_shard_takes_already() {
    // Half of the limit is taken by others: 300 records a second on one shard would make 80 %.
    let bench = Bench::start(1, Some(0.5)).await;
    let mut spec = spec(Rate::Records(300.0), 30);
    spec.schedule.ramp_seconds = 3;
    spec.stops.cap = Some(0.7);
    let run = finished(&bench.job(spec)).await;
    assert!(matches!(&run.end, Some(GeneratorEnd::Bound(why)) if why.contains("cap")), "{:?}", run.end);
    let peak = run.course.points().iter().map(|point| point.hottest).fold(0.0, f64::max);
    assert!((0.69..0.76).contains(&peak), "{peak}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_records_stop_it_where_that_was_asked_for() {
    let bench = Bench::start(1, None).await;
    let run = finished(&bench.job(spec(Rate::Records(3_000.0), 30))).await;
    assert!(matches!(&run.end, Some(GeneratorEnd::Bound(why)) if why.contains("refused")), "{:?}", run.end);
    assert!(run.retries > 20 && run.shards[0].throttled == run.retries, "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_is_at_once_and_every_record_that_left_has_its_end() {
    let bench = Bench::start(4, None).await;
    let job = bench.job(spec(Rate::Records(1_000.0), 600));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let began = Instant::now();
    job.stop();
    let run = finished(&job).await;
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    assert_eq!((run.end.clone(), run.calls), (Some(GeneratorEnd::Stopped), 0));
    assert!(run.sent.records > 800 && run.sent.records <= run.made, "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_stays_in_order_under_its_key() {
    let bench = Bench::start(2, None).await;
    let mut spec = spec(Rate::Records(400.0), 1);
    spec.template = r#"{"order":"{{partition_key}}","state":"{{cycle created paid reserved shipped}}"}"#.to_owned();
    spec.keys.strategy = KeyStrategy::Random;
    spec.schedule.until = Until::Records(200);
    let run = finished(&bench.job(spec)).await;
    assert_eq!((run.end.clone(), run.sent.records), (Some(GeneratorEnd::Done), 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cut_off_goes_on_behind_what_left_and_sends_nothing_twice() {
    let bench = Bench::start(2, None).await;
    let mut spec = spec(Rate::Records(600.0), 1);
    spec.schedule.until = Until::Records(300);
    // 90 are in the stream, one was refused and waited, nine left without an answer.
    let account = Account::read("out 0-99\nsent 0-89\nback 95\n");
    assert_eq!(account.unknown().to_string(), "90-94,96-99");
    let run = finished(&bench.begun(spec.clone(), Begin::behind(&account))).await;
    assert_eq!((run.end.clone(), run.sent.records), (Some(GeneratorEnd::Done), 201));
    let mut sent = Vec::new();
    for shard in &bench.shards {
        let at = iterator(&bench.client, "load", shard.id.as_str(), ShardIteratorType::TrimHorizon).await;
        let got = bench.client.get_records().shard_iterator(at).send().await.expect("reads");
        sent.extend(got.records.iter().map(|record| record.data.clone().into_inner()));
    }
    // The same seed makes the same records, wherever it begins.
    let template = spec.template().expect("a template");
    let keys = kinescope::model::generator::keys::Keys::new(&spec.keys).expect("keys");
    let mut expected: Vec<Vec<u8>> = std::iter::once(95)
        .chain(100..300)
        .map(|number| {
            let drawn = keys.draw(spec.seed, number);
            let now = kinescope::model::time::Timestamp(0);
            let roll = kinescope::model::template::Roll {
                seed: spec.seed,
                number,
                now,
                partition_key: &drawn.key,
                rank: drawn.rank,
            };
            template.render(&roll).into_bytes()
        })
        .collect();
    sent.sort();
    expected.sort();
    assert_eq!(sent, expected);
}
