//! Sessions that have expired: signing in again, and noticing that somebody did.

use super::App;
use crate::model::answer::Answer;
use crate::model::connection::{ProfileInfo, SessionState, SignIn};
use crate::model::time::{Millis, Timestamp};
use crate::model::world::Link;
use crate::ui::command::Place;

/// How often the files are read again while a session is missing that a sign-in would bring.
const LOOK_AGAIN: Millis = Millis::from_secs(3);

impl App {
    /// Has the AWS CLI sign in; a sign-in that runs is ended.
    pub(super) fn sign_in(&mut self, profile: String, now: Timestamp) {
        let profiles = self.world.profiles.get().map_or(&[][..], Vec::as_slice);
        let known = profiles.iter().find(|known| known.name == profile);
        let Some(words) = known.and_then(ProfileInfo::login_words) else { return };
        self.engine.sign_in(words, now);
        let mut outcome = Answer::default();
        outcome.begin(now);
        self.world.sign_in = Some(SignIn { profile, outcome });
    }

    /// Ends the sign-in that runs.
    pub(super) fn stop_sign_in(&mut self) {
        self.engine.sign_in.cancel();
        self.world.sign_in = None;
    }

    /// Takes in how the sign-in ended, and what the files say now.
    pub(super) fn follow_sign_in(&mut self, now: Timestamp) {
        if self.engine.sign_in.poll(now)
            && let Some(sign_in) = &mut self.world.sign_in
        {
            sign_in.outcome = self.engine.sign_in.answer().clone();
            if sign_in.outcome.problem.is_none() {
                // Said again only where another connection fails.
                if matches!(&self.world.link, Link::Failed { request, .. } if request.profile.as_ref() == Some(&sign_in.profile))
                {
                    self.world.link = Link::Disconnected;
                }
                self.engine.read_profiles(now);
            }
        }
        let is_missing =
            |profile: &ProfileInfo| matches!(profile.session, SessionState::ExpiredAt(_) | SessionState::SignedOut);
        let profiles = &self.engine.profiles;
        let is_old = profiles.answer().value.as_ref().is_some_and(|(_, read)| read.age_at(now) >= LOOK_AGAIN);
        if self.ui.place == Place::Connect
            && is_old
            && !profiles.is_pending()
            && profiles.answer().get().is_some_and(|known| known.iter().any(is_missing))
        {
            self.engine.read_profiles(now);
        }
    }
}
