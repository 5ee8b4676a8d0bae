//! Holds the layers apart: fails when a module names what its layer must not know, and when a file outgrows its room.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// A folder of `src/` and the words that must not stand in its code.
struct Layer {
    folder: &'static str,
    forbidden: &'static [&'static str],
}

const AWS_CRATES: &[&str] = &["aws_sdk_", "aws_config", "aws_smithy_", "aws_runtime", "aws_types"];

const LAYERS: &[Layer] = &[
    Layer {
        folder: "model",
        forbidden: &[
            "egui",
            "eframe",
            "aws_",
            "tokio",
            "axum",
            "poll_promise",
            "SystemTime",
            "Instant::now",
            "std::env",
            "std::fs",
            "std::net",
            "Timestamp::now",
            "Zoned::now",
            "crate::aws",
            "crate::local",
            "crate::tasks",
            "crate::app",
            "crate::ui",
            "crate::cli",
        ],
    },
    Layer {
        folder: "aws",
        forbidden: &[
            "egui",
            "eframe",
            "axum",
            "poll_promise",
            "crate::local",
            "crate::tasks",
            "crate::app",
            "crate::ui",
            "crate::cli",
        ],
    },
    Layer {
        folder: "local",
        forbidden: &[
            "egui",
            "eframe",
            "aws_sdk_",
            "aws_config",
            "poll_promise",
            "crate::aws",
            "crate::tasks",
            "crate::app",
            "crate::ui",
            "crate::cli",
        ],
    },
    Layer {
        folder: "tasks",
        forbidden: &[
            "egui",
            "eframe",
            "aws_sdk_",
            "aws_config",
            "aws_smithy_",
            "aws_runtime",
            "axum",
            "crate::app",
            "crate::ui",
            "crate::cli",
        ],
    },
    Layer {
        folder: "ui",
        forbidden: &[
            "tokio",
            "aws_",
            "axum",
            "poll_promise",
            "std::fs",
            "std::net",
            "std::env",
            "SystemTime",
            "Instant::now",
            "crate::aws",
            "crate::local",
            "crate::tasks",
            "crate::app",
            "crate::cli",
        ],
    },
    Layer {
        folder: "app",
        forbidden: &["aws_sdk_", "aws_config", "aws_smithy_", "aws_runtime", "axum", "block_on", "crate::cli"],
    },
    Layer {
        folder: "cli",
        forbidden: &["egui", "eframe", "aws_sdk_", "aws_config", "aws_smithy_", "aws_runtime", "axum", "crate::ui"],
    },
];

/// Longest file, tests included.
const MOST_LINES: usize = 520;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a line: what stands before a comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Whether `word` stands in `line` and not inside a longer name.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn no_module_names_what_its_layer_must_not_know() {
    let mut faults = Vec::new();
    for layer in LAYERS {
        let files = sources(&src().join(layer.folder));
        assert!(!files.is_empty(), "src/{} has no file", layer.folder);
        for file in files {
            let text = fs::read_to_string(&file).expect("source");
            for (number, line) in text.lines().enumerate() {
                // What follows are the file's own tests, which own their time and folders.
                if line.trim_start().starts_with("#[cfg(test)]") {
                    break;
                }
                for word in layer.forbidden.iter().filter(|word| names(code(line), word)) {
                    faults.push(format!("{}:{}: {word} in {}", file.display(), number + 1, layer.folder));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn only_the_aws_layer_and_the_embedded_server_name_sdk_crates() {
    for file in sources(&src()) {
        let inside = file.strip_prefix(src()).expect("inside");
        if inside.starts_with("aws") || inside.starts_with("local") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("source");
        for word in AWS_CRATES {
            assert!(!text.lines().any(|line| names(code(line), word)), "{} names {word}", file.display());
        }
    }
}

#[test]
fn every_file_says_what_it_owns_and_stays_small() {
    let mut faults = Vec::new();
    for file in sources(&src()) {
        let text = fs::read_to_string(&file).expect("source");
        if !text.starts_with("//!") {
            faults.push(format!("{} has no head", file.display()));
        }
        let lines = text.lines().count();
        if lines > MOST_LINES && !file.ends_with("theme/tokens.rs") {
            faults.push(format!("{} has {lines} lines", file.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
