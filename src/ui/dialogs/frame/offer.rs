//! What a dialog offers to do with a stream, with everything that is said of it: checks, cost, consequences. Knows no widget.

use super::environment;
use crate::model::change::conditions::Condition;
use crate::model::cost::CostLine;
use crate::model::format;
use crate::model::world::World;

/// What can be done, and what is said of it; `R` is what is asked for.
#[derive(Clone, Debug)]
pub struct Offer<R> {
    /// What is asked for when the button is pressed; `None` where nothing can be.
    pub request: Option<R>,
    /// Why nothing can be asked for, where no check says it.
    pub missing: Option<String>,
    /// Words on the button.
    pub button: String,
    /// Icon on the button.
    pub icon: &'static str,
    /// `switch`, `delete`: for the heading above the checks.
    pub verb: &'static str,
    /// What has to hold.
    pub checks: Vec<Check>,
    /// What the person should know first.
    pub note: Option<(&'static str, String)>,
    /// What changes in the bill.
    pub cost: Vec<CostLine>,
    /// What is said below the bill: words and a figure.
    pub cost_notes: Vec<(String, String)>,
    /// What will happen, in order, with how long or how much.
    pub steps: Vec<(String, String)>,
    /// What stands in the footer.
    pub footnote: String,
    /// The name that has to be typed; `None` where none has.
    pub name: Option<String>,
    /// Words on the button that begins anew, once it is done.
    pub again: &'static str,
}

impl<R> Default for Offer<R> {
    fn default() -> Self {
        Self {
            request: None,
            missing: None,
            button: String::new(),
            icon: "",
            verb: "",
            checks: Vec::new(),
            note: None,
            cost: Vec::new(),
            cost_notes: Vec::new(),
            steps: Vec::new(),
            footnote: String::new(),
            name: None,
            again: "",
        }
    }
}

impl<R> Offer<R> {
    /// Adds what holds for every change: writes are unlocked, and on production the name is typed.
    pub fn guarded(mut self, world: &World, stream: &str, is_always_named: bool) -> Self {
        self.checks.push(Check::is_unlocked(world));
        self.name = (is_always_named || environment(world).is_strict()).then(|| stream.to_owned());
        self
    }

    /// Whether the button may be pressed, by what was typed.
    ///
    /// # Errors
    /// The first thing that does not hold, for a person.
    pub fn why_not(&self, typed: &str) -> Result<(), String> {
        if let Some(check) = self.checks.iter().find(|check| !check.is_met) {
            return Err(format!("{}: {}.", check.text, check.detail));
        }
        if self.request.is_none() {
            return Err(self.missing.clone().unwrap_or_else(|| "Nothing is changed yet.".to_owned()));
        }
        match &self.name {
            Some(name) if name != typed => Err("Type the stream's name to confirm.".to_owned()),
            _ => Ok(()),
        }
    }
}

/// One thing that has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What has to hold.
    pub text: &'static str,
    /// The figure behind it, or why it does not hold.
    pub detail: String,
    /// Whether it holds.
    pub is_met: bool,
}

impl From<Condition> for Check {
    fn from(condition: Condition) -> Self {
        Self { text: condition.text, detail: condition.detail, is_met: condition.is_met }
    }
}

impl Check {
    /// From whether it holds and the figure behind that.
    pub fn new(text: &'static str, (is_met, detail): (bool, String)) -> Self {
        Self { text, detail, is_met }
    }

    /// The program may write.
    fn is_unlocked(world: &World) -> Self {
        let writes = match world.lock.remaining(world.now).filter(|_| world.connection().is_some()) {
            Some(left) => (true, format!("{} left", format::duration(left))),
            None => (false, "read-only".to_owned()),
        };
        Self::new("Writes are unlocked", writes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_hold_is_said_before_what_is_missing_and_the_name_comes_last() {
        let no = Check::new("Stream is ACTIVE", (false, "is UPDATING".to_owned()));
        let mut offer = Offer::<u8> { checks: vec![no], name: Some("orders".to_owned()), ..Offer::default() };
        assert_eq!(offer.why_not("orders"), Err("Stream is ACTIVE: is UPDATING.".to_owned()));
        offer.checks.clear();
        assert_eq!(offer.why_not("orders"), Err("Nothing is changed yet.".to_owned()));
        offer.request = Some(1);
        assert_eq!(offer.why_not("order"), Err("Type the stream's name to confirm.".to_owned()));
        assert_eq!(offer.why_not("orders"), Ok(()));
    }
}
