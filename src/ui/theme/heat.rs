//! The heat scale: share of a limit to colour. The cool part is smooth; 80 % and 100 % are hard edges.

use eframe::egui::Color32;

use super::tokens;

/// Colour of a cell at `share` of its limit, a fraction of 1. `None` is not a colour: draw hatching instead.
pub fn color(share: f64, dark_mode: bool) -> Color32 {
    let percent = (share * 100.0).max(0.0);
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
    match percent {
        p if p >= 110.0 => steps[3],
        p if p >= 100.0 => steps[2],
        p if p >= 90.0 => steps[1],
        p if p >= 80.0 => steps[0],
        p => {
            let [r, g, b] = cool.get(p as usize).copied().unwrap_or(cool[79]);
            Color32::from_rgb(r, g, b)
        }
    }
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
        assert_eq!(color(-1.0, true), color(0.0, true));
        assert_eq!(color(f64::INFINITY, false), tokens::HEAT_110_LIGHT);
    }
}
