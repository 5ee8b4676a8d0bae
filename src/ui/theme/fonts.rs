//! The bundled typefaces. Each weight is a family of its own, since egui has no weight axis.
//!
//! Inter for words, JetBrains Mono for figures and identifiers, Phosphor for icons behind both.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{FontData, FontDefinitions, FontFamily, FontId, TextStyle};

const INTER_MEDIUM: &str = "inter-medium";
const INTER_SEMIBOLD: &str = "inter-semibold";
const MONO_MEDIUM: &str = "mono-medium";
const MONO_SEMIBOLD: &str = "mono-semibold";
const ICONS: &str = "icons";

/// All fonts and their fallbacks.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let files: [(&str, &'static [u8]); 7] = [
        ("inter", include_bytes!("../../../assets/fonts/Inter-Regular.ttf")),
        (INTER_MEDIUM, include_bytes!("../../../assets/fonts/Inter-Medium.ttf")),
        (INTER_SEMIBOLD, include_bytes!("../../../assets/fonts/Inter-SemiBold.ttf")),
        ("mono", include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf")),
        (MONO_MEDIUM, include_bytes!("../../../assets/fonts/JetBrainsMono-Medium.ttf")),
        (MONO_SEMIBOLD, include_bytes!("../../../assets/fonts/JetBrainsMono-SemiBold.ttf")),
        (ICONS, include_bytes!("../../../assets/fonts/Phosphor.ttf")),
    ];
    for (name, bytes) in files {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let mut family = |family: FontFamily, chain: &[&str]| {
        fonts.families.insert(family, chain.iter().map(|name| (*name).to_owned()).collect());
    };
    family(FontFamily::Proportional, &["inter", ICONS, "mono"]);
    family(FontFamily::Monospace, &["mono", "inter", ICONS]);
    family(FontFamily::Name(INTER_MEDIUM.into()), &[INTER_MEDIUM, ICONS, MONO_MEDIUM]);
    family(FontFamily::Name(INTER_SEMIBOLD.into()), &[INTER_SEMIBOLD, ICONS, MONO_SEMIBOLD]);
    family(FontFamily::Name(MONO_MEDIUM.into()), &[MONO_MEDIUM, INTER_MEDIUM, ICONS]);
    family(FontFamily::Name(MONO_SEMIBOLD.into()), &[MONO_SEMIBOLD, INTER_SEMIBOLD, ICONS]);
    family(FontFamily::Name(ICONS.into()), &[ICONS]);
    fonts
}

/// egui's own text styles, mapped onto the type scale.
pub fn text_styles() -> BTreeMap<TextStyle, FontId> {
    [
        (TextStyle::Heading, title()),
        (TextStyle::Body, body()),
        (TextStyle::Button, body_medium()),
        (TextStyle::Small, caption()),
        (TextStyle::Monospace, value()),
    ]
    .into()
}

fn named(size: f32, family: &'static str) -> FontId {
    FontId::new(size, FontFamily::Name(family.into()))
}

/// 24 semibold: the four figures of the fleet.
pub fn figure() -> FontId {
    named(24.0, INTER_SEMIBOLD)
}

/// 15 semibold: titles and verdicts.
pub fn title() -> FontId {
    named(15.0, INTER_SEMIBOLD)
}

/// 13: body.
pub fn body() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// 13 medium: labels and buttons.
pub fn body_medium() -> FontId {
    named(13.0, INTER_MEDIUM)
}

/// 13 semibold: names in trouble.
pub fn body_strong() -> FontId {
    named(13.0, INTER_SEMIBOLD)
}

/// 12: small text.
pub fn small() -> FontId {
    FontId::new(12.0, FontFamily::Proportional)
}

/// 12 medium: labels above fields.
pub fn small_medium() -> FontId {
    named(12.0, INTER_MEDIUM)
}

/// 12 semibold.
pub fn small_strong() -> FontId {
    named(12.0, INTER_SEMIBOLD)
}

/// 11 medium: captions and table headers.
pub fn caption() -> FontId {
    named(11.0, INTER_MEDIUM)
}

/// 11: notes and legends.
pub fn fine() -> FontId {
    FontId::new(11.0, FontFamily::Proportional)
}

/// 10.5 semibold: tags.
pub fn tag() -> FontId {
    named(10.5, INTER_SEMIBOLD)
}

/// 12 mono: values in tables.
pub fn value() -> FontId {
    FontId::new(12.0, FontFamily::Monospace)
}

/// 12 mono semibold: values in trouble.
pub fn value_strong() -> FontId {
    named(12.0, MONO_SEMIBOLD)
}

/// 11 mono: ids and dense values.
pub fn dense() -> FontId {
    FontId::new(11.0, FontFamily::Monospace)
}

/// 10.5 mono: axes.
pub fn axis() -> FontId {
    FontId::new(10.5, FontFamily::Monospace)
}

/// Icons of any size.
pub fn icon(size: f32) -> FontId {
    named(size, ICONS)
}
