//! The real window, once, against the embedded default: the main job from the first frame to a split shard.
//!
//! Needs Xvfb and a Vulkan driver (software is enough); `tests/run` installs both. Set `KINESCOPE_SCREENSHOTS` to a folder
//! to keep the pictures, as README.md shows them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(all(feature = "inspection", target_os = "linux"))]

mod driver;
mod killed;

use std::path::PathBuf;

use driver::Window;

/// Saves pictures where they are asked for.
struct Album(Option<PathBuf>);

impl Album {
    fn of_environment() -> Self {
        Self(std::env::var_os("KINESCOPE_SCREENSHOTS").map(PathBuf::from))
    }

    fn add(&self, window: &mut Window, name: &str) {
        window.rest_pointer();
        if let Some(folder) = &self.0 {
            std::fs::create_dir_all(folder).expect("folder");
            window.picture(&folder.join(format!("{name}.png")));
        }
    }
}

#[test]
fn from_the_first_frame_to_a_split_shard() {
    let album = Album::of_environment();
    let mut window = Window::open(&["--demo"]);
    window.wait("Stream clickstream-data critical", None);
    println!("the fleet was filled {:.1} s after the start", window.age().as_secs_f64());
    album.add(&mut window, "fleet");

    window.click("Open heatmap of clickstream-data");
    window.wait("Heatmap of clickstream-data", None);
    window.wait("Heat shardId-000000000005", None);
    // Which key it is, by the records themselves.
    window.click("Sample its keys");
    window.wait("Key tenant-42", None);
    window.wait("Verdict HOT · KEY SKEW", None);
    album.add(&mut window, "heatmap");
    window.click_exact("Keys");
    window.wait("Key tenant-42", None);
    window.wait("*records over", None);
    album.add(&mut window, "keys");
    window.click_exact("Shards");
    window.wait("Shard shardId-000000000005", None);
    album.add(&mut window, "shards");
    window.click_exact("Tail");
    window.wait("Record ", None);
    window.click("Record ");
    window.wait("Copy JSON", None);
    album.add(&mut window, "tail");

    // A record, sent by hand, comes back in the tail.
    window.click("Open sandbox");
    window.click_exact("Tail");
    window.click_exact("Unlock…");
    window.wait("Unlock writes", None);
    album.add(&mut window, "unlock");
    window.click("Unlock for");
    window.click_exact("Inject…");
    window.fill("Partition key", "tenant-9");
    window.fill("Data", r#"{"event":"checkout","test":true}"#);
    album.add(&mut window, "inject");
    window.click("Send 1 record");
    window.wait("Record ", None);
    window.click_exact("Generator");
    window.wait("Start on DEMO", None);
    album.add(&mut window, "inject_generator");
    window.click_exact("Close");

    // A shard, split in two, shows its children.
    window.click_exact("Shards");
    window.click_exact("Reshard…");
    window.wait("Split shard …0000", None);
    album.add(&mut window, "reshard");
    window.click("Split shard …0000");
    window.wait("Shard shardId-000000000002", None);
    window.wait("Stream ACTIVE again", None);
    album.add(&mut window, "reshard_progress");
    window.click_exact("Close");
    window.click_exact("Activity log");
    window.wait("*SplitShard sandbox …0000", None);
    album.add(&mut window, "activity");
    window.click_exact("Settings");
    window.wait("Find a setting", None);
    album.add(&mut window, "settings");

    light(&mut window, &album);
}

/// The same in the light theme.
fn light(window: &mut Window, album: &Album) {
    window.click_exact("Light theme");
    window.click_exact("Fleet");
    window.wait("Stream clickstream-data critical", None);
    album.add(window, "fleet_light");
    window.click("Open heatmap of clickstream-data");
    window.wait("Heat shardId-000000000005", None);
    album.add(window, "heatmap_light");
    window.click_exact("Shards");
    window.wait("Shard shardId-000000000005", None);
    album.add(window, "shards_light");
    window.click_exact("Reshard…");
    window.wait("Split shard …0005", None);
    album.add(window, "reshard_light");
    window.click("Split shard …0005");
    window.wait("Stream ACTIVE again", None);
    album.add(window, "reshard_progress_light");
    window.click_exact("Close");
}

#[test]
fn the_first_screen_is_there_without_any_configuration() {
    let album = Album::of_environment();
    let mut window = Window::open(&[]);
    window.wait("Start with demo data", None);
    album.add(&mut window, "connect");
}

#[test]
fn without_a_display_the_program_says_what_helps() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_kinescope"))
        .arg("--demo")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("apt-get install xvfb") && said.lines().count() == 1, "{said}");
}
