//! What is kept on this machine: settings and the activity log, and where the file of complete minutes lies. Knows the
//! platform's folders; holds no secret and no record.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use crate::model::activity::ActivityEntry;
use crate::model::settings::Settings;
use crate::tasks::fan_out::ledger::Ledger;

/// Lines of the activity log that are read at the start; older ones stay in the file.
const ACTIVITY_LINES: usize = 5_000;

/// The folders of this person, or of a test.
#[derive(Clone, Debug)]
pub struct Files {
    config: PathBuf,
    data: PathBuf,
}

impl Files {
    /// The platform's folders. `KINESCOPE_HOME` puts everything into one folder instead.
    ///
    /// # Errors
    /// When the platform names no home folder.
    pub fn of_platform() -> Result<Self, String> {
        if let Some(home) = std::env::var_os("KINESCOPE_HOME").filter(|home| !home.is_empty()) {
            return Ok(Self::inside(Path::new(&home)));
        }
        let folders = directories::ProjectDirs::from("", "", "kinescope")
            .ok_or("no home folder is known: set HOME, or KINESCOPE_HOME to a folder of your choice")?;
        Ok(Self { config: folders.config_dir().to_owned(), data: folders.data_dir().to_owned() })
    }

    /// Everything inside one folder.
    pub fn inside(folder: &Path) -> Self {
        Self { config: folder.to_owned(), data: folder.to_owned() }
    }

    /// The folder that a person finds files in: that of downloads, or the home folder. Empty where none is known.
    pub fn export_folder(&self) -> String {
        let folders = directories::UserDirs::new();
        let folder = folders.as_ref().map(|user| user.download_dir().unwrap_or(user.home_dir()));
        folder.map_or_else(String::new, |folder| folder.to_string_lossy().into_owned())
    }

    /// What is kept on this machine, each with its path, for a person to find it.
    pub fn kept_in(&self) -> Vec<(&'static str, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        vec![("Settings file", text(&self.settings_path())), ("Data folder", text(&self.data))]
    }

    fn settings_path(&self) -> PathBuf {
        self.config.join("settings.json")
    }

    fn activity_path(&self) -> PathBuf {
        self.data.join("activity.ndjson")
    }

    /// The file of complete minutes; see [`crate::tasks::minutes`].
    pub fn minutes_path(&self) -> PathBuf {
        self.data.join("minutes.redb")
    }

    /// The folder of plans that have not come to their end; see [`crate::tasks::plan_journal`].
    pub fn plans_folder(&self) -> PathBuf {
        self.data.join("plans")
    }

    /// The folder of shards that were seen; see [`crate::tasks::shard_histories`].
    pub fn shards_folder(&self) -> PathBuf {
        self.data.join("shards")
    }

    /// Where enhanced fan-out consumers of this program's own are noted.
    pub fn consumers(&self) -> Ledger {
        Ledger::inside(&self.data.join("consumers"))
    }

    /// Where runs are written down while they send; see [`crate::tasks::inject::journal`].
    pub fn runs_path(&self) -> PathBuf {
        self.data.join("runs")
    }

    /// Reads the settings. A missing file gives the defaults; a damaged one is set aside and said so.
    pub fn load_settings(&self) -> (Settings, Option<String>) {
        let path = self.settings_path();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return (Settings::default(), None),
            Err(err) => {
                return (
                    Settings::default(),
                    Some(format!("{} cannot be read ({err}); defaults are in use.", path.display())),
                );
            }
        };
        match serde_json::from_str::<Settings>(&text) {
            Ok(settings) => (settings.clamped(), None),
            Err(err) => {
                let aside = path.with_extension("damaged.json");
                let kept = fs::rename(&path, &aside).is_ok();
                let place = if kept { format!("; it was kept as {}", aside.display()) } else { String::new() };
                (
                    Settings::default(),
                    Some(format!("{} is damaged ({err}){place}. Defaults are in use.", path.display())),
                )
            }
        }
    }

    /// Writes the settings, whole or not at all.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save_settings(&self, settings: &Settings) -> io::Result<()> {
        fs::create_dir_all(&self.config)?;
        let path = self.settings_path();
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&temporary, serde_json::to_vec_pretty(settings).map_err(io::Error::other)?)?;
        fs::rename(&temporary, &path)
    }

    /// The newest lines of the activity log, oldest first. Lines that cannot be read are skipped, never removed.
    pub fn load_activity(&self) -> Vec<ActivityEntry> {
        let Ok(file) = fs::File::open(self.activity_path()) else { return Vec::new() };
        let mut entries: std::collections::VecDeque<ActivityEntry> = std::collections::VecDeque::new();
        for line in io::BufReader::new(file).lines().map_while(Result::ok) {
            if let Ok(entry) = serde_json::from_str(&line) {
                if entries.len() == ACTIVITY_LINES {
                    entries.pop_front();
                }
                entries.push_back(entry);
            }
        }
        entries.into()
    }

    /// Adds one line to the activity log.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append_activity(&self, entry: &ActivityEntry) -> io::Result<()> {
        fs::create_dir_all(&self.data)?;
        let mut line = serde_json::to_vec(entry).map_err(io::Error::other)?;
        line.push(b'\n');
        let mut options = fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(self.activity_path())?.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::activity::Event;
    use crate::model::settings::ThemeChoice;
    use crate::model::time::Timestamp;

    #[test]
    fn settings_survive_a_restart_and_a_damaged_file_is_set_aside() {
        let folder = tempfile::tempdir().expect("folder");
        let files = Files::inside(&folder.path().join("new"));
        assert_eq!(files.load_settings(), (Settings::default(), None));
        let settings = Settings { theme: ThemeChoice::Light, ..Settings::default() };
        files.save_settings(&settings).expect("saves");
        assert_eq!(files.load_settings(), (settings, None));

        fs::write(files.settings_path(), "{ half").expect("damages");
        let (settings, message) = files.load_settings();
        assert_eq!(settings, Settings::default());
        assert!(message.is_some_and(|message| message.contains("damaged")));
        assert_eq!(files.load_settings().1, None);
    }

    #[test]
    fn the_log_keeps_its_order_and_survives_a_torn_line() {
        let folder = tempfile::tempdir().expect("folder");
        let files = Files::inside(folder.path());
        let entry = |millis| ActivityEntry {
            at: Timestamp(millis),
            connection: "demo".to_owned(),
            environment: "DEMO".to_owned(),
            who: String::new(),
            stream: None,
            event: Event::Locked { why: "time was up".to_owned() },
        };
        files.append_activity(&entry(1)).expect("writes");
        fs::OpenOptions::new()
            .append(true)
            .open(files.activity_path())
            .and_then(|mut file| file.write_all(b"{\"torn\n"))
            .expect("tears");
        files.append_activity(&entry(2)).expect("writes");
        assert_eq!(files.load_activity(), [entry(1), entry(2)]);
    }
}
