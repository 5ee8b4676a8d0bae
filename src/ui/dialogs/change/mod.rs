//! What the dialogs around a stream have in common: what is known of the stream, what a part of a dialog offers to do, and the
//! column and the footer that say so.

mod offer;
pub mod parts;
mod subject;

pub use offer::{ChangeOffer, body, footer};
pub use subject::{Subject, TrafficCache, ask_limits as subject_limits};

use crate::model::change::{ChangeRequest, ChangeRun};
use crate::model::ids::StreamName;
use crate::model::world::World;

/// What a person has typed to confirm, and the change that is shown.
#[derive(Debug, Default)]
pub struct Confirming {
    /// The name as far as it was typed.
    pub typed_name: String,
    /// The change whose progress is shown, once it has begun.
    pub watching: Option<ChangeRequest>,
}

impl Confirming {
    /// The change to show: the one that was begun here, or one of this stream that runs.
    pub fn follow<'a>(&mut self, world: &'a World, stream: &StreamName) -> Option<&'a ChangeRun> {
        let run = world.changes.runs.get(stream)?;
        if !run.is_done {
            self.watching = Some(run.request.clone());
        }
        (self.watching.as_ref() == Some(&run.request)).then_some(run)
    }
}
