//! The heat scale: share of a limit to colour. The cool part is smooth; 80 % and 100 % are hard edges.

use eframe::egui::Color32;

use super::tokens;
use crate::model::heat_thresholds::{HeatLevel, HeatThresholds};

/// Colour of a cell at `share` of its limit, a fraction of 1. `None` is not a colour: draw hatching instead.
pub fn color(share: f64, dark_mode: bool) -> Color32 {
    color_by(share, HeatThresholds::default(), dark_mode)
}

/// [`color`] with other thresholds. The cool part stays as it is, so that a shade means the same share whatever is chosen.
pub fn color_by(share: f64, thresholds: HeatThresholds, dark_mode: bool) -> Color32 {
    let (cool, steps) = if dark_mode {
        (
            &tokens::HEAT_COOL_DARK,
            [tokens::HEAT_80_DARK, tokens::HEAT_90_DARK, tokens::HEAT_100_DARK, tokens::HEAT_110_DARK],
        )
    } else {
        (
            &tokens::HEAT_COOL_LIGHT,
            [tokens::HEAT_80_LIGHT, tokens::HEAT_90_LIGHT, tokens::HEAT_100_LIGHT, tokens::HEAT_110_LIGHT],
        )
    };
    match thresholds.level(share) {
        HeatLevel::FarOver => steps[3],
        HeatLevel::Critical => steps[2],
        HeatLevel::High => steps[1],
        HeatLevel::Warn => steps[0],
        HeatLevel::Calm => {
            let [r, g, b] = cool.get((share * 100.0).max(0.0) as usize).copied().unwrap_or(cool[79]);
            Color32::from_rgb(r, g, b)
        }
    }
}

/// Colour of a cell that shows what stood in its place before: the same, halfway to that of an unknown one.
pub fn before(color: Color32, dark_mode: bool) -> Color32 {
    no_data(dark_mode).lerp_to_gamma(color, 0.5)
}

/// Text on a cell of that share.
pub fn text_color(share: f64, dark_mode: bool) -> Color32 {
    // Amber is bright in both themes.
    let is_bright = if dark_mode { share >= 0.6 } else { share < 0.6 || (0.8..1.0).contains(&share) };
    if is_bright { Color32::from_rgb(0x0B, 0x0E, 0x12) } else { Color32::from_rgb(0xEA, 0xF1, 0xF4) }
}

/// Fill of a cell of which nothing is known.
pub fn no_data(dark_mode: bool) -> Color32 {
    if dark_mode { tokens::HEAT_NODATA_DARK } else { tokens::HEAT_NODATA_LIGHT }
}

/// Lines of a cell of which nothing is known.
pub fn hatch(dark_mode: bool) -> Color32 {
    if dark_mode { tokens::HEAT_HATCH_DARK } else { tokens::HEAT_HATCH_LIGHT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_hard_edges() {
        assert_ne!(color(0.799, true), color(0.80, true));
        assert_eq!(color(0.80, true), color(0.899, true));
        assert_ne!(color(0.999, true), color(1.0, true));
        let low = HeatThresholds { warn_percent: 40, critical_percent: 60 };
        assert_eq!(color_by(0.39, low, true), color(0.39, true));
        assert_eq!(color_by(0.60, low, true), color(1.0, true));
        assert_eq!(color(-1.0, true), color(0.0, true));
        assert_eq!(color(f64::INFINITY, false), tokens::HEAT_110_LIGHT);
    }
}
