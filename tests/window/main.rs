//! The real window, once, against the embedded default: the main job from the first frame to a split shard.
//!
//! Needs Xvfb and a Vulkan driver (software is enough); `tests/run` installs both. Set `KINESCOPE_SCREENSHOTS` to a folder
//! to keep the pictures, as README.md shows them.
#![cfg(all(feature = "inspection", target_os = "linux"))]

mod driver;

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
    window.wait("Stream clickstream-data", None);
    println!("fleet filled {:.1} s after the start", window.age().as_secs_f64());
    album.add(&mut window, "fleet");

    window.click("Stream clickstream-data");
    window.wait("Heatmap of clickstream-data", None);
    window.wait("Heat shardId-", None);
    album.add(&mut window, "heatmap");

    window.click_exact("Shards");
    window.wait("Shard shardId-", None);
    album.add(&mut window, "shards");

    window.click_exact("Tail");
    window.wait("Record ", None);
    album.add(&mut window, "tail");
}
