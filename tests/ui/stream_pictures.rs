//! Pictures of the dialogs around a stream, in both themes and in a small window.

use eframe::egui;
use egui_kittest::kittest::Queryable;
use kinescope::model::settings::ThemeChoice;
use kinescope::model::world::World;
use kinescope::ui::command::{Command, Dialog, Place, StreamPart, Tab};

use crate::harness::{picture, window};
use crate::streams::{NAME, Screen, advantage, click, fill, known, open, plain};

fn pictures(name: &str, world: fn() -> World, command: &Command, act: impl Fn(&mut Screen)) {
    for (choice, suffix) in [(ThemeChoice::Dark, ""), (ThemeChoice::Light, "_light")] {
        let mut world = world();
        world.settings.theme = choice;
        let mut harness = open(world, command.clone());
        act(&mut harness);
        harness.check_accessibility();
        picture(&mut harness, &format!("{name}{suffix}"));
    }
}

#[test]
fn every_dialog_draws_in_both_themes() {
    pictures("reshard_mode", plain, &Command::PlanMode, |_| {});
    pictures("reshard_mode_advantage", advantage, &Command::PlanMode, |harness| {
        harness.get_by_label_contains("On-demand Advantage, now,").click();
        harness.run_steps(2);
    });
    let manage = |part| Command::Manage(NAME.into(), part);
    pictures("stream_retention", plain, &manage(StreamPart::Retention), |harness| {
        fill(harness, "Keep records for", "168");
    });
    pictures(
        "stream_retention_shorter",
        || known(|d| d.summary.retention_hours = 720),
        &manage(StreamPart::Retention),
        |h| {
            fill(h, "Keep records for", "48");
        },
    );
    pictures("stream_tags", plain, &manage(StreamPart::Tags), |harness| {
        fill(harness, "Tag key", "owner");
        fill(harness, "Tag value", "anna");
        click(harness, "Take this tag");
        click(harness, "Remove tag env");
    });
    pictures("stream_encryption", plain, &manage(StreamPart::Encryption), |harness| {
        harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Key of your own").click();
        harness.run_steps(2);
        fill(harness, "Key id, ARN or alias", "alias/orders");
    });
    pictures("stream_record_size", plain, &manage(StreamPart::RecordSize), |harness| {
        fill(harness, "Up to", "5120");
    });
    pictures("stream_consumers", plain, &manage(StreamPart::Consumers), |harness| {
        fill(harness, "Consumer name", "enrich");
    });
    pictures("stream_metrics", plain, &manage(StreamPart::Metrics), |_| {});
    pictures("stream_delete", plain, &manage(StreamPart::Delete), |_| {});
    pictures("create", plain, &Command::Open(Dialog::Create), |harness| fill(harness, "Stream name", "orders-replay"));
}

#[test]
fn the_dialogs_fit_into_a_small_window() {
    for (name, command) in [
        ("reshard_mode_small", Command::PlanMode),
        ("stream_tags_small", Command::Manage(NAME.into(), StreamPart::Tags)),
        ("create_small", Command::Open(Dialog::Create)),
    ] {
        let mut harness = window((1_024.0, 700.0), plain());
        let place = Place::Stream(NAME.into(), Tab::Heatmap);
        harness.state_mut().apply(vec![Command::Go(place), command]);
        harness.run_steps(4);
        harness.check_accessibility();
        picture(&mut harness, name);
        harness.get_by_label("Cancel");
    }
}
