//! Colours of both themes and the heatmap ramps, as data. Nothing else in the program names a colour.

use eframe::egui::Color32;

/// The colours of one theme.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// Status bar and gaps.
    pub bg: Color32,
    /// Left rail.
    pub rail: Color32,
    /// Main surface.
    pub panel: Color32,
    /// Table headers, default buttons.
    pub raised: Color32,
    /// Tooltips, menus.
    pub overlay: Color32,
    /// Plots, editors, fields.
    pub inset: Color32,
    /// A row under the pointer.
    pub hover: Color32,
    /// A selected row.
    pub selected: Color32,
    /// Hairlines between rows.
    pub stroke_weak: Color32,
    /// Hairlines between regions.
    pub stroke: Color32,
    /// Edges of what floats.
    pub stroke_strong: Color32,
    /// Names and figures that matter.
    pub strong: Color32,
    /// Ordinary text.
    pub text: Color32,
    /// Secondary text.
    pub weak: Color32,
    /// Captions and what is off.
    pub faint: Color32,
    /// Selection, focus, links.
    pub accent: Color32,
    /// The primary button.
    pub accent_fill: Color32,
    /// Behind accent text.
    pub accent_dim: Color32,
    /// Fine.
    pub ok: Color32,
    /// Behind `ok` text.
    pub ok_dim: Color32,
    /// Near a limit.
    pub warn: Color32,
    /// Behind `warn` text.
    pub warn_dim: Color32,
    /// Over a limit.
    pub crit: Color32,
    /// The danger button.
    pub crit_fill: Color32,
    /// Behind `crit` text.
    pub crit_dim: Color32,
    /// Refused calls and records.
    pub throttle: Color32,
    /// Behind `throttle` text.
    pub throttle_dim: Color32,
    /// The mark of a throttled cell.
    pub notch: Color32,
    /// Production.
    pub env_prod: Color32,
    /// Staging.
    pub env_staging: Color32,
    /// Development.
    pub env_dev: Color32,
    /// Series: bytes.
    pub s1: Color32,
    /// Series: records.
    pub s2: Color32,
    /// Series: third.
    pub s3: Color32,
    /// Series: fourth.
    pub s4: Color32,
    /// Series: neutral.
    pub s5: Color32,
    /// JSON key.
    pub syn_key: Color32,
    /// JSON string.
    pub syn_str: Color32,
    /// JSON number.
    pub syn_num: Color32,
    /// JSON literal.
    pub syn_lit: Color32,
    /// JSON punctuation.
    pub syn_punct: Color32,
    /// Over the window behind a dialog.
    pub scrim: Color32,
}

/// Dark theme.
pub const DARK: Tokens = Tokens {
    bg: Color32::from_rgb(0x0B, 0x0E, 0x12),
    rail: Color32::from_rgb(0x0E, 0x12, 0x16),
    panel: Color32::from_rgb(0x12, 0x17, 0x1C),
    raised: Color32::from_rgb(0x19, 0x1F, 0x26),
    overlay: Color32::from_rgb(0x1D, 0x24, 0x2C),
    inset: Color32::from_rgb(0x09, 0x0C, 0x0F),
    hover: Color32::from_rgb(0x1A, 0x21, 0x29),
    selected: Color32::from_rgb(0x1B, 0x27, 0x40),
    stroke_weak: Color32::from_rgb(0x1C, 0x23, 0x2A),
    stroke: Color32::from_rgb(0x29, 0x32, 0x3B),
    stroke_strong: Color32::from_rgb(0x3D, 0x49, 0x55),
    strong: Color32::from_rgb(0xF0, 0xF3, 0xF6),
    text: Color32::from_rgb(0xC3, 0xCC, 0xD5),
    weak: Color32::from_rgb(0x98, 0xA3, 0xAF),
    faint: Color32::from_rgb(0x77, 0x83, 0x8F),
    accent: Color32::from_rgb(0x80, 0x98, 0xFF),
    accent_fill: Color32::from_rgb(0x4A, 0x63, 0xE6),
    accent_dim: Color32::from_rgb(0x1E, 0x27, 0x48),
    ok: Color32::from_rgb(0x46, 0xB9, 0x8C),
    ok_dim: Color32::from_rgb(0x12, 0x2A, 0x21),
    warn: Color32::from_rgb(0xF0, 0xB0, 0x3F),
    warn_dim: Color32::from_rgb(0x2D, 0x24, 0x11),
    crit: Color32::from_rgb(0xFF, 0x61, 0x66),
    crit_fill: Color32::from_rgb(0xC9, 0x34, 0x3B),
    crit_dim: Color32::from_rgb(0x35, 0x18, 0x1B),
    throttle: Color32::from_rgb(0xE0, 0x8C, 0xFF),
    throttle_dim: Color32::from_rgb(0x2C, 0x1A, 0x36),
    notch: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    env_prod: Color32::from_rgb(0xFF, 0x6A, 0x3D),
    env_staging: Color32::from_rgb(0xD9, 0xB1, 0x3B),
    env_dev: Color32::from_rgb(0x3F, 0xA7, 0xD6),
    s1: Color32::from_rgb(0x7C, 0x93, 0xFF),
    s2: Color32::from_rgb(0x3F, 0xB6, 0xB2),
    s3: Color32::from_rgb(0xD9, 0xA4, 0x41),
    s4: Color32::from_rgb(0xC5, 0x83, 0xE6),
    s5: Color32::from_rgb(0x8F, 0xA3, 0xB5),
    syn_key: Color32::from_rgb(0x8F, 0xB4, 0xFF),
    syn_str: Color32::from_rgb(0x8F, 0xD0, 0xA8),
    syn_num: Color32::from_rgb(0xF0, 0xB8, 0x6E),
    syn_lit: Color32::from_rgb(0xD7, 0x9B, 0xFF),
    syn_punct: Color32::from_rgb(0x77, 0x83, 0x8F),
    scrim: Color32::from_rgba_premultiplied(3, 4, 6, 158),
};

/// Light theme.
pub const LIGHT: Tokens = Tokens {
    bg: Color32::from_rgb(0xED, 0xF0, 0xF3),
    rail: Color32::from_rgb(0xF4, 0xF6, 0xF8),
    panel: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    raised: Color32::from_rgb(0xF6, 0xF8, 0xFA),
    overlay: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    inset: Color32::from_rgb(0xF1, 0xF4, 0xF6),
    hover: Color32::from_rgb(0xEF, 0xF2, 0xF6),
    selected: Color32::from_rgb(0xE4, 0xEA, 0xFF),
    stroke_weak: Color32::from_rgb(0xE6, 0xEA, 0xEE),
    stroke: Color32::from_rgb(0xD5, 0xDB, 0xE1),
    stroke_strong: Color32::from_rgb(0xAF, 0xB9, 0xC3),
    strong: Color32::from_rgb(0x11, 0x16, 0x1B),
    text: Color32::from_rgb(0x2F, 0x39, 0x43),
    weak: Color32::from_rgb(0x52, 0x5D, 0x68),
    faint: Color32::from_rgb(0x6B, 0x76, 0x82),
    accent: Color32::from_rgb(0x3F, 0x57, 0xD9),
    accent_fill: Color32::from_rgb(0x42, 0x59, 0xDE),
    accent_dim: Color32::from_rgb(0xE4, 0xE9, 0xFF),
    ok: Color32::from_rgb(0x11, 0x72, 0x4F),
    ok_dim: Color32::from_rgb(0xDD, 0xF3, 0xEA),
    warn: Color32::from_rgb(0x95, 0x64, 0x0A),
    warn_dim: Color32::from_rgb(0xFC, 0xEF, 0xD2),
    crit: Color32::from_rgb(0xC4, 0x23, 0x2C),
    crit_fill: Color32::from_rgb(0xC4, 0x23, 0x2C),
    crit_dim: Color32::from_rgb(0xFC, 0xE4, 0xE5),
    throttle: Color32::from_rgb(0x91, 0x24, 0xBE),
    throttle_dim: Color32::from_rgb(0xF5, 0xE4, 0xFC),
    notch: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    env_prod: Color32::from_rgb(0xE5, 0x50, 0x1F),
    env_staging: Color32::from_rgb(0xB8, 0x90, 0x1A),
    env_dev: Color32::from_rgb(0x1F, 0x86, 0xB8),
    s1: Color32::from_rgb(0x42, 0x59, 0xDE),
    s2: Color32::from_rgb(0x0E, 0x8C, 0x88),
    s3: Color32::from_rgb(0xB3, 0x7A, 0x10),
    s4: Color32::from_rgb(0x9A, 0x45, 0xC4),
    s5: Color32::from_rgb(0x6B, 0x7C, 0x8C),
    syn_key: Color32::from_rgb(0x2A, 0x52, 0xBE),
    syn_str: Color32::from_rgb(0x1B, 0x7A, 0x4B),
    syn_num: Color32::from_rgb(0xA8, 0x5F, 0x00),
    syn_lit: Color32::from_rgb(0x8A, 0x2F, 0xB8),
    syn_punct: Color32::from_rgb(0x6B, 0x76, 0x82),
    scrim: Color32::from_rgba_premultiplied(11, 14, 16, 97),
};

/// Heatmap, 0..=79 % in 1 % steps, already interpolated in OKLab.
pub const HEAT_COOL_DARK: [[u8; 3]; 80] = [
    [17, 31, 46],
    [18, 32, 48],
    [18, 34, 50],
    [19, 35, 52],
    [19, 37, 54],
    [20, 38, 56],
    [20, 40, 58],
    [21, 41, 60],
    [21, 43, 62],
    [22, 44, 64],
    [22, 46, 66],
    [23, 48, 68],
    [23, 49, 70],
    [24, 51, 72],
    [24, 53, 74],
    [25, 54, 75],
    [26, 56, 77],
    [26, 58, 79],
    [27, 60, 81],
    [27, 61, 83],
    [28, 63, 85],
    [28, 65, 87],
    [29, 66, 89],
    [29, 68, 90],
    [30, 70, 92],
    [30, 71, 94],
    [30, 73, 96],
    [31, 75, 98],
    [31, 77, 99],
    [32, 78, 101],
    [32, 80, 103],
    [33, 82, 105],
    [33, 84, 106],
    [34, 85, 108],
    [34, 87, 110],
    [35, 89, 111],
    [35, 91, 113],
    [36, 93, 115],
    [36, 94, 117],
    [37, 96, 118],
    [37, 98, 120],
    [38, 100, 122],
    [38, 102, 123],
    [39, 104, 125],
    [39, 106, 127],
    [40, 107, 128],
    [40, 109, 130],
    [41, 111, 132],
    [41, 113, 134],
    [42, 115, 135],
    [42, 117, 137],
    [43, 119, 138],
    [43, 121, 140],
    [44, 123, 141],
    [44, 125, 143],
    [45, 127, 144],
    [46, 129, 146],
    [46, 131, 147],
    [47, 133, 149],
    [47, 135, 150],
    [48, 137, 152],
    [49, 139, 153],
    [50, 141, 155],
    [51, 143, 156],
    [52, 145, 158],
    [52, 147, 159],
    [53, 149, 161],
    [54, 151, 162],
    [55, 153, 164],
    [56, 155, 165],
    [57, 157, 167],
    [58, 159, 168],
    [59, 161, 170],
    [60, 163, 171],
    [61, 165, 172],
    [62, 167, 173],
    [64, 169, 175],
    [65, 171, 176],
    [66, 173, 177],
    [67, 175, 179],
];
/// From 80 % of the limit.
pub const HEAT_80_DARK: Color32 = Color32::from_rgb(0xF2, 0xAE, 0x35);
/// From 90 %.
pub const HEAT_90_DARK: Color32 = Color32::from_rgb(0xFB, 0xBE, 0x21);
/// From 100 %.
pub const HEAT_100_DARK: Color32 = Color32::from_rgb(0xE0, 0x37, 0x3E);
/// From 110 %.
pub const HEAT_110_DARK: Color32 = Color32::from_rgb(0xFE, 0x41, 0x41);
/// A cell of which nothing is known.
pub const HEAT_NODATA_DARK: Color32 = Color32::from_rgb(0x11, 0x15, 0x1A);
/// The hatching of such a cell.
pub const HEAT_HATCH_DARK: Color32 = Color32::from_rgb(0x36, 0x41, 0x4D);

/// Heatmap, 0..=79 % in 1 % steps, already interpolated in OKLab.
pub const HEAT_COOL_LIGHT: [[u8; 3]; 80] = [
    [232, 242, 247],
    [229, 240, 246],
    [226, 239, 245],
    [223, 237, 244],
    [220, 236, 243],
    [217, 234, 242],
    [215, 232, 241],
    [212, 231, 240],
    [209, 229, 239],
    [206, 228, 238],
    [203, 226, 237],
    [200, 224, 236],
    [198, 223, 234],
    [195, 221, 233],
    [193, 219, 232],
    [190, 217, 230],
    [187, 216, 229],
    [185, 214, 228],
    [182, 212, 227],
    [180, 211, 225],
    [177, 209, 224],
    [174, 207, 223],
    [172, 206, 221],
    [169, 204, 220],
    [167, 203, 219],
    [164, 201, 217],
    [161, 199, 216],
    [159, 198, 215],
    [156, 196, 214],
    [154, 195, 212],
    [151, 193, 211],
    [148, 191, 210],
    [146, 190, 208],
    [143, 188, 207],
    [141, 187, 205],
    [138, 185, 204],
    [135, 183, 203],
    [133, 182, 201],
    [130, 180, 200],
    [128, 179, 198],
    [125, 177, 197],
    [122, 175, 195],
    [120, 174, 194],
    [117, 172, 192],
    [115, 170, 191],
    [112, 168, 189],
    [109, 167, 188],
    [107, 165, 186],
    [104, 163, 185],
    [102, 162, 183],
    [99, 160, 182],
    [96, 158, 180],
    [94, 157, 179],
    [91, 155, 177],
    [89, 154, 176],
    [86, 152, 174],
    [83, 151, 173],
    [80, 149, 171],
    [78, 148, 170],
    [75, 146, 168],
    [72, 145, 167],
    [69, 143, 166],
    [66, 142, 164],
    [63, 140, 163],
    [60, 139, 161],
    [57, 137, 160],
    [53, 135, 159],
    [50, 134, 157],
    [47, 132, 156],
    [43, 131, 154],
    [39, 129, 153],
    [36, 127, 151],
    [33, 126, 150],
    [31, 124, 148],
    [27, 123, 147],
    [24, 121, 145],
    [20, 119, 144],
    [16, 118, 142],
    [11, 116, 141],
    [6, 115, 139],
];
/// From 80 % of the limit.
pub const HEAT_80_LIGHT: Color32 = Color32::from_rgb(0xF8, 0xAD, 0x24);
/// From 90 %.
pub const HEAT_90_LIGHT: Color32 = Color32::from_rgb(0xE8, 0x8B, 0x00);
/// From 100 %.
pub const HEAT_100_LIGHT: Color32 = Color32::from_rgb(0xD6, 0x1C, 0x26);
/// From 110 %.
pub const HEAT_110_LIGHT: Color32 = Color32::from_rgb(0xAE, 0x00, 0x0D);
/// A cell of which nothing is known.
pub const HEAT_NODATA_LIGHT: Color32 = Color32::from_rgb(0xFF, 0xFF, 0xFF);
/// The hatching of such a cell.
pub const HEAT_HATCH_LIGHT: Color32 = Color32::from_rgb(0xC3, 0xCB, 0xD3);

/// Inner outline of a cell at or over 100 %.
pub const HEAT_OVER_OUTLINE: Color32 = Color32::from_rgb(0xFF, 0xD9, 0xD2);
/// Fill of the throttled mark.
pub const NOTCH_FILL: Color32 = Color32::WHITE;
/// Edge of the throttled mark.
pub const NOTCH_EDGE: Color32 = Color32::from_rgb(0x0B, 0x0E, 0x12);
