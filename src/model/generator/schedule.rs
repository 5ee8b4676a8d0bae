//! How much is to be sent by when: a ramp, then a steady rate, until a time or a count is reached.

/// How fast. Both are per second and finite.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Records.
    Records(f64),
    /// Bytes, keys included.
    Bytes(f64),
}

impl Rate {
    /// The figure.
    pub fn per_sec(self) -> f64 {
        match self {
            Self::Records(rate) | Self::Bytes(rate) => rate,
        }
    }

    /// Records a second, where each has so many bytes with its key.
    pub fn records_per_sec(self, record_bytes: f64) -> f64 {
        match self {
            Self::Records(rate) => rate,
            Self::Bytes(rate) => rate / record_bytes.max(1.0),
        }
    }

    /// What a record counts for.
    pub fn cost(self, record_bytes: usize) -> f64 {
        match self {
            Self::Records(_) => 1.0,
            Self::Bytes(_) => record_bytes as f64,
        }
    }
}

/// When it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// So many seconds after it began, the ramp included.
    Seconds(u32),
    /// After so many records.
    Records(u64),
}

/// The whole course.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Schedule {
    /// The rate behind the ramp.
    pub rate: Rate,
    /// Seconds in which the rate rises evenly from nothing.
    pub ramp_seconds: u32,
    /// The end.
    pub until: Until,
}

impl Schedule {
    /// The rate `elapsed` seconds after the beginning, in the unit of the rate.
    pub fn rate_at(&self, elapsed: f64) -> f64 {
        let ramp = f64::from(self.ramp_seconds);
        let rate = self.rate.per_sec();
        if elapsed < ramp { rate * (elapsed / ramp).max(0.0) } else { rate }
    }

    /// How much is due by then, in the unit of the rate: the area below the ramp and the rate.
    pub fn due(&self, elapsed: f64) -> f64 {
        let ramp = f64::from(self.ramp_seconds);
        let (elapsed, rate) = (elapsed.max(0.0), self.rate.per_sec());
        if elapsed < ramp { rate * elapsed * elapsed / (2.0 * ramp) } else { rate * (elapsed - ramp / 2.0) }
    }

    /// What is left once so many records were made, of this mean size: it rises from nothing again, as a load that begins
    /// anew should.
    pub fn rest(&self, made: u64, record_bytes: f64) -> Self {
        let until = match self.until {
            Until::Records(count) => Until::Records(count.saturating_sub(made)),
            Until::Seconds(seconds) => {
                let records = Self { until: Until::Records(made), ..*self };
                Until::Seconds(seconds.saturating_sub(records.seconds(record_bytes).floor() as u32))
            }
        };
        Self { until, ..*self }
    }

    /// How long it takes, in seconds.
    pub fn seconds(&self, record_bytes: f64) -> f64 {
        match self.until {
            Until::Seconds(seconds) => f64::from(seconds),
            Until::Records(count) => {
                let rate = self.rate.records_per_sec(record_bytes).max(1e-9);
                let ramp = f64::from(self.ramp_seconds);
                let in_ramp = rate * ramp / 2.0;
                let count = count as f64;
                if count < in_ramp { (2.0 * count * ramp / rate).sqrt() } else { count / rate + ramp / 2.0 }
            }
        }
    }
}

/// Most of a schedule that is caught up with, in seconds: after a longer stall the load goes on, but does not burst.
const CAUGHT_UP_SECONDS: f64 = 0.5;

/// Doles out a schedule: how much may be made now.
#[derive(Clone, Copy, Debug)]
pub struct Dole {
    schedule: Schedule,
    made: f64,
    records: u64,
    missed: f64,
}

impl Dole {
    /// Nothing was made yet.
    pub fn new(schedule: Schedule) -> Self {
        Self { schedule, made: 0.0, records: 0, missed: 0.0 }
    }

    /// Looks at the clock: whether there is more to come, ever. What could not be made in time is given up beyond a short
    /// while.
    pub fn look(&mut self, elapsed: f64) -> bool {
        let behind = self.schedule.due(self.end().min(elapsed)) - self.made;
        let most = self.schedule.rate.per_sec() * CAUGHT_UP_SECONDS;
        if behind > most {
            self.made += behind - most;
            self.missed += behind - most;
        }
        match self.schedule.until {
            Until::Seconds(_) => elapsed < self.end(),
            Until::Records(count) => self.records < count,
        }
    }

    fn end(&self) -> f64 {
        match self.schedule.until {
            Until::Seconds(seconds) => f64::from(seconds),
            Until::Records(_) => f64::INFINITY,
        }
    }

    /// Whether one more record is due.
    pub fn is_due(&self, elapsed: f64) -> bool {
        let has_more = match self.schedule.until {
            Until::Records(count) => self.records < count,
            Until::Seconds(_) => true,
        };
        // One that costs more than is due yet waits until all of it is: the mean stays below the rate.
        has_more && self.schedule.due(self.end().min(elapsed)) - self.made >= self.least()
    }

    fn least(&self) -> f64 {
        match self.schedule.rate {
            Rate::Records(_) => 1.0,
            Rate::Bytes(_) => f64::EPSILON,
        }
    }

    /// A record was made.
    pub fn made(&mut self, record_bytes: usize) {
        self.made += self.schedule.rate.cost(record_bytes);
        self.records += 1;
    }

    /// Records that were made.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// What was given up, in the unit of the rate.
    pub fn missed(&self) -> f64 {
        self.missed
    }
}
