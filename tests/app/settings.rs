//! Settings in the whole program: followed at once, and kept for the next start.

use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::settings::{Settings, ThemeChoice};

use crate::desk::Desk;
use crate::runtime;

#[test]
fn settings_are_followed_at_once_and_kept_for_the_next_start() {
    let runtime = runtime();
    let server = runtime.block_on(LocalServer::start(LocalOptions::empty())).expect("server");
    let url = server.endpoint_url();
    let mut desk = Desk::open(&runtime, Some(Desk::endpoint(&url)));
    desk.until("connected", |world| world.connection().is_some());
    desk.click("Settings");
    desk.click("Light");
    desk.click("125 %");
    desk.click("4 GiB");
    let now = desk.world(|world| world.settings.clone());
    assert_eq!((now.theme, now.zoom, now.tail_buffer_mib), (ThemeChoice::Light, 1.25, 4_096));
    assert!(!desk.is_dark());
    assert_eq!(desk.pixels_per_point(), 1.25);

    desk.click("Undo the last change");
    desk.click("Undo the last change");
    let now = desk.world(|world| world.settings.clone());
    assert_eq!((now.zoom, now.tail_buffer_mib), (Settings::default().zoom, Settings::default().tail_buffer_mib));
    assert_eq!(desk.pixels_per_point(), 1.0);

    let home = tempfile::tempdir().expect("folder");
    std::fs::copy(desk.home().join("settings.json"), home.path().join("settings.json")).expect("kept");
    let next = Desk::open_in(&runtime, home, None);
    assert_eq!(next.world(|world| world.settings.clone()), now);
}
