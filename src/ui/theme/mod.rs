//! The look: tokens, fonts, icons, the heat scale, and how they are put into egui. Owns every colour and text size.

pub mod fonts;
pub mod heat;
pub mod icons;
pub mod tokens;

use eframe::egui::{self, Color32, CornerRadius, Stroke, Visuals};

use crate::model::connection::Environment;
use crate::model::health::Severity;
use crate::model::settings::ThemeChoice;
pub use tokens::Tokens;

/// The tokens of the theme that `ui` is drawn in.
pub fn tokens(ui: &egui::Ui) -> &'static Tokens {
    of(ui.visuals().dark_mode)
}

/// The tokens of either theme.
pub fn of(dark_mode: bool) -> &'static Tokens {
    if dark_mode { &tokens::DARK } else { &tokens::LIGHT }
}

/// Installs fonts, both themes and the spacing. Once per context.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts::definitions());
    for (theme, dark_mode) in [(egui::Theme::Dark, true), (egui::Theme::Light, false)] {
        ctx.set_visuals_of(theme, visuals(of(dark_mode), dark_mode));
    }
    ctx.all_styles_mut(|style| {
        style.text_styles = fonts::text_styles();
        style.spacing.item_spacing = egui::vec2(8.0, 4.0);
        style.spacing.button_padding = egui::vec2(10.0, 4.0);
        style.spacing.interact_size = egui::vec2(26.0, 26.0);
        style.spacing.menu_margin = egui::Margin::same(4);
        style.spacing.scroll = egui::style::ScrollStyle { bar_width: 8.0, ..egui::style::ScrollStyle::thin() };
        style.interaction.tooltip_delay = 0.35;
        style.interaction.selectable_labels = false;
        style.url_in_tooltip = true;
    });
}

/// Switches to the chosen theme.
pub fn choose(ctx: &egui::Context, choice: ThemeChoice) {
    ctx.set_theme(match choice {
        ThemeChoice::Dark => egui::ThemePreference::Dark,
        ThemeChoice::Light => egui::ThemePreference::Light,
    });
}

/// Colour of an environment's stripe and tag.
pub fn environment_color(tokens: &Tokens, environment: Environment) -> Color32 {
    match environment {
        Environment::Prod => tokens.env_prod,
        Environment::Staging => tokens.env_staging,
        Environment::Dev => tokens.env_dev,
        Environment::Demo | Environment::Local => tokens.s5,
        Environment::Unknown => tokens.stroke_strong,
    }
}

/// Text on an environment's tag.
pub const ON_ENVIRONMENT: Color32 = Color32::from_rgb(0x16, 0x0A, 0x05);

/// Colour of a severity's glyph and figures.
pub fn severity_color(tokens: &Tokens, severity: Severity) -> Color32 {
    match severity {
        Severity::Critical => tokens.crit,
        Severity::Warning => tokens.warn,
        Severity::Changing => tokens.accent,
        Severity::Ok => tokens.ok,
        Severity::Unknown => tokens.faint,
    }
}

fn visuals(t: &Tokens, dark_mode: bool) -> Visuals {
    let mut visuals = if dark_mode { Visuals::dark() } else { Visuals::light() };
    visuals.override_text_color = None;
    visuals.panel_fill = t.panel;
    visuals.window_fill = t.panel;
    visuals.window_stroke = Stroke::new(1.0, t.stroke_strong);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(5);
    visuals.window_shadow = egui::Shadow::NONE;
    visuals.popup_shadow = egui::Shadow::NONE;
    visuals.extreme_bg_color = t.inset;
    visuals.text_edit_bg_color = Some(t.inset);
    visuals.faint_bg_color = t.raised;
    visuals.code_bg_color = t.inset;
    visuals.hyperlink_color = t.accent;
    visuals.warn_fg_color = t.warn;
    visuals.error_fg_color = t.crit;
    visuals.selection.bg_fill = t.accent_dim;
    visuals.selection.stroke = Stroke::new(1.0, t.accent);
    visuals.weak_text_color = Some(t.weak);
    // Hinting rounds widths to whole pixels and closes the gap below the dot of an i at these sizes.
    visuals.text_options.font_hinting = false;
    visuals.text_options.color_transfer_function = if dark_mode {
        egui::epaint::FontColorTransferFunction::Gamma(0.8)
    } else {
        egui::epaint::FontColorTransferFunction::Off
    };
    visuals.striped = false;
    visuals.indent_has_left_vline = true;
    let widget = |fill: Color32, stroke: Color32, text: Color32| egui::style::WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, stroke),
        corner_radius: CornerRadius::same(4),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(t.panel, t.stroke, t.text);
    visuals.widgets.inactive = widget(t.raised, t.stroke, t.text);
    visuals.widgets.hovered = widget(t.hover, t.stroke_strong, t.strong);
    visuals.widgets.active = widget(t.hover, t.accent, t.strong);
    visuals.widgets.open = widget(t.hover, t.stroke_strong, t.strong);
    visuals
}
