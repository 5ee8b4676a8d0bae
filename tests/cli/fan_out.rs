//! `kinescope tail --fan-out`: reads as a consumer that somebody registered, and says what to do where there is none.

use crate::support::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_consumer_is_read_as_and_stays() {
    let bench = Bench::start().await;
    bench.stream("orders", 2).await;
    bench.put_all("orders", (0..20).map(|n| format!("k{n}")), 10).await;
    bench.split_first_open("orders").await;
    bench.put_all("orders", (0..20).map(|n| format!("k{n}")), 10).await;
    let arguments = ["tail", "orders", "--from", "trim-horizon", "--until-tip", "--fan-out", "etl"];
    let missing = bench.run(&arguments).await;
    missing.is_failure_that_says("Stream orders has no consumer etl: register it");
    assert!(
        missing.stderr.contains("aws kinesis register-stream-consumer --stream-arn arn:aws:"),
        "{}",
        missing.stderr
    );

    bench.register("orders", "etl").await;
    let ended = bench.run(&arguments).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout.lines().count(), 40);
    assert_eq!(bench.consumers("orders").await, ["etl"], "it was not registered here, so it stays");
}
