//! The app without a window, on the embedded server: which figures are asked for, and when.

use std::time::{Duration, Instant};

use eframe::egui;

use super::*;
use crate::model::heat_range::HeatRange;
use crate::model::ids::StreamName;
use crate::model::metrics::{Figure, FigureSet, StreamMetrics};
use crate::tasks::wake::Wake;
use crate::ui::command::{Command, Tab};

struct Desk {
    app: App,
    ctx: egui::Context,
    _runtime: tokio::runtime::Runtime,
}

impl Desk {
    fn at_the_clickstream() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
        let (clock, connect) = (Clock::system(), ConnectRequest { demo: true, ..ConnectRequest::default() });
        let engine = Engine::new(runtime.handle().clone(), Wake::none(), Wake::none(), clock.clone());
        let ctx = egui::Context::default();
        let parts = Parts { engine, clock, zone: TimeZone::UTC, files: None, connect: Some(connect) };
        let app = App::new(&ctx, parts);
        let mut desk = Self { app, ctx, _runtime: runtime };
        desk.until("connected", |app| app.world.connection().is_some());
        desk.push(Command::Go(Place::Stream(StreamName::from("clickstream-data"), Tab::Heatmap)));
        desk.until_metrics("figures of the shards", |metrics| {
            !metrics.shards.is_empty() && metrics.total.iterator_age_millis.last_known().is_some()
        });
        desk
    }

    fn push(&mut self, command: Command) {
        self.app.dispatch(&self.ctx, vec![command]);
    }

    fn until(&mut self, what: &str, holds: impl Fn(&App) -> bool) {
        let began = Instant::now();
        loop {
            self.app.tick(&self.ctx);
            if holds(&self.app) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "never: {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn until_metrics(&mut self, what: &str, holds: impl Fn(&StreamMetrics) -> bool) {
        self.until(what, |app| app.world.open.as_ref().and_then(|open| open.metrics.get()).is_some_and(&holds));
    }

    fn metrics_at(&self) -> Option<Timestamp> {
        self.app.world.open.as_ref().and_then(|open| open.metrics.value.as_ref()).map(|(_, at)| *at)
    }
}

/// How many shards have this figure.
fn shards_with(metrics: &StreamMetrics, figure: Figure) -> usize {
    metrics.shards.values().filter(|shard| figure.of(shard).last_known().is_some()).count()
}

#[test]
fn everything_is_asked_of_the_selected_shard_and_of_others_what_the_view_shows() {
    let mut desk = Desk::at_the_clickstream();
    desk.until_metrics("write figures of all shards", |metrics| {
        shards_with(metrics, Figure::IncomingBytes) == metrics.shards.len()
            && shards_with(metrics, Figure::IteratorAge) == 0
    });
    let shards = desk.app.world.open.as_ref().and_then(|open| open.shards.get()).expect("shards");
    let (shard, count) = (shards.all()[0].id.clone(), shards.all().len());
    desk.push(Command::SelectShard(Some(shard.clone())));
    desk.until_metrics("everything of the selected shard", |metrics| {
        let of_selected = metrics.shards.get(&shard).is_some_and(|shard| shard.outgoing_bytes.last_known().is_some());
        of_selected
            && shards_with(metrics, Figure::IteratorAge) == 1
            && shards_with(metrics, Figure::OutgoingBytes) == 1
    });
    desk.push(Command::WantFigures(FigureSet::WRITE.with(FigureSet::ITERATOR_AGE)));
    desk.until_metrics("iterator age of all shards", |metrics| {
        shards_with(metrics, Figure::IteratorAge) == count && shards_with(metrics, Figure::OutgoingBytes) == 1
    });
}

#[test]
fn the_last_range_that_was_chosen_is_the_one_that_is_shown() {
    let mut desk = Desk::at_the_clickstream();
    for range in [HeatRange::Days7, HeatRange::Hours24, HeatRange::Hours3, HeatRange::Minutes15] {
        desk.push(Command::SetRange(range));
        let open = desk.app.world.open.as_ref().expect("open");
        assert_eq!(open.metrics.pending_since, None, "what is on its way for another range is given up");
        assert!(open.metrics.get().is_some(), "what is known stays in sight");
        desk.app.tick(&desk.ctx);
    }
    desk.until_metrics("a quarter of an hour", |metrics| metrics.window.len() == 15);
    desk.until("nothing is on its way", |app| {
        app.world.open.as_ref().is_some_and(|open| open.metrics.pending_since.is_none())
    });
    desk.until_metrics("it stays", |metrics| metrics.window.len() == 15);
}

#[test]
fn a_view_without_figures_asks_for_none() {
    let mut desk = Desk::at_the_clickstream();
    desk.until("nothing is on its way", |app| {
        app.world.open.as_ref().is_some_and(|open| open.metrics.pending_since.is_none())
    });
    desk.push(Command::GoTab(Tab::Tail));
    let before = desk.metrics_at();
    desk.push(Command::Refresh);
    desk.until("the summary was asked again", |app| !app.refresh_all);
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(500) {
        desk.app.tick(&desk.ctx);
        std::thread::sleep(Duration::from_millis(10));
        assert_eq!(desk.app.world.open.as_ref().and_then(|open| open.metrics.pending_since), None);
    }
    assert_eq!(desk.metrics_at(), before);
    desk.push(Command::GoTab(Tab::Heatmap));
    desk.push(Command::Refresh);
    desk.until("figures are asked again", |app| {
        app.world.open.as_ref().and_then(|open| open.metrics.value.as_ref()).map(|(_, at)| *at) != before
    });
}
