//! Where the heatmap's colours jump: the shares of a limit that are a warning and critical.
//!
//! They colour cells, draw the lines of the plots and set the flags of the rows. Verdicts keep to the limits of the service.

use super::limits::{CRITICAL_SHARE, WARN_SHARE};

/// Largest share that can be chosen, in percent.
const MOST_PERCENT: u32 = 200;
/// Above the critical share by this much a cell has the last colour of the scale.
const FAR_OVER: f64 = 0.1;

/// Shares of a limit in percent; always in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct HeatThresholds {
    /// From here on a figure is a warning.
    pub warn_percent: u32,
    /// From here on it is critical.
    pub critical_percent: u32,
}

impl Default for HeatThresholds {
    fn default() -> Self {
        Self { warn_percent: (WARN_SHARE * 100.0) as u32, critical_percent: (CRITICAL_SHARE * 100.0) as u32 }
    }
}

/// A step of the heat scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeatLevel {
    /// Below the warning: shades of the cool ramp.
    Calm,
    /// At or over the warning.
    Warn,
    /// Nearer to critical than to the warning.
    High,
    /// At or over critical.
    Critical,
    /// A tenth of the limit above critical.
    FarOver,
}

impl HeatThresholds {
    /// Brings both into their ranges, whatever a file or a person said.
    pub fn clamped(self) -> Self {
        let warn_percent = self.warn_percent.clamp(1, MOST_PERCENT - 1);
        Self { warn_percent, critical_percent: self.critical_percent.clamp(warn_percent + 1, MOST_PERCENT) }
    }

    /// The warning as a fraction of the limit.
    pub fn warn(self) -> f64 {
        f64::from(self.warn_percent) / 100.0
    }

    /// Critical as a fraction of the limit.
    pub fn critical(self) -> f64 {
        f64::from(self.critical_percent) / 100.0
    }

    /// The step of a share, a fraction of the limit.
    pub fn level(self, share: f64) -> HeatLevel {
        let (warn, critical) = (self.warn(), self.critical());
        match share {
            s if s >= critical + FAR_OVER => HeatLevel::FarOver,
            s if s >= critical => HeatLevel::Critical,
            s if s >= (warn + critical) / 2.0 => HeatLevel::High,
            s if s >= warn => HeatLevel::Warn,
            _ => HeatLevel::Calm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_of_the_scale_unless_chosen_otherwise() {
        let usual = HeatThresholds::default();
        assert_eq!((usual.warn_percent, usual.critical_percent), (80, 100));
        let levels = [0.79, 0.80, 0.90, 1.0, 1.1].map(|share| usual.level(share));
        use HeatLevel::{Calm, Critical, FarOver, High, Warn};
        assert_eq!(levels, [Calm, Warn, High, Critical, FarOver]);
        let low = HeatThresholds { warn_percent: 40, critical_percent: 60 };
        assert_eq!([0.39, 0.4, 0.5, 0.6, 0.7].map(|share| low.level(share)), levels);
    }

    #[test]
    fn the_warning_stays_below_critical() {
        let odd = HeatThresholds { warn_percent: 0, critical_percent: 0 }.clamped();
        assert_eq!((odd.warn_percent, odd.critical_percent), (1, 2));
        let odd = HeatThresholds { warn_percent: 999, critical_percent: 5 }.clamped();
        assert_eq!((odd.warn_percent, odd.critical_percent), (199, 200));
    }
}
