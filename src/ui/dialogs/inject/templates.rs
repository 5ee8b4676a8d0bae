//! The templates to choose from, those of one's own among them, and the placeholders that can be put in.

use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::text_edit::TextEditState;
use eframe::egui::{Context, Id, Popup, PopupCloseBehavior, Ui};

use crate::model::template::{BUILT_IN, OFFERED, OwnTemplate};
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::select::menu_item;
use crate::ui::widgets::{self, Button, TextField};

/// What is chosen, and the name that is being given.
#[derive(Debug, Default)]
pub struct TemplateChoice {
    /// The name of the template that the text came from; empty where it came from none.
    pub name: String,
    save_as: String,
}

impl TemplateChoice {
    /// The template of this name is chosen.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), save_as: String::new() }
    }
}

/// A template that was picked.
#[derive(Debug)]
pub struct Picked {
    /// Its text.
    pub text: String,
    /// The pattern of its keys, where it has one.
    pub key: Option<&'static str>,
    /// Whether it is gzip on its way.
    pub is_gzip: bool,
}

/// The menu of templates. Gives what was picked.
pub fn pick(ui: &mut Ui, own: &[OwnTemplate], choice: &mut TemplateChoice) -> Option<Picked> {
    let current = if choice.name.is_empty() { "Custom" } else { choice.name.as_str() };
    let label = format!("Template  {current}");
    let button = ui.add(Button::new(&label).name("Template").icon(icons::FILE).trailing_icon(icons::CARET_DOWN));
    let mut picked = None;
    Popup::menu(&button).id(button.id.with("menu")).show(|ui| {
        ui.set_width(190.0);
        for built_in in BUILT_IN {
            if menu_item(ui, built_in.name, built_in.name == choice.name).clicked() {
                let text = built_in.text.to_owned();
                picked = Some((built_in.name, Picked { text, key: Some(built_in.key), is_gzip: built_in.is_gzip }));
                ui.close();
            }
        }
        for one in own {
            if menu_item(ui, &one.name, one.name == choice.name).clicked() {
                picked = Some((one.name.as_str(), Picked { text: one.text.clone(), key: None, is_gzip: false }));
                ui.close();
            }
        }
    });
    let (name, picked) = picked?;
    name.clone_into(&mut choice.name);
    Some(picked)
}

/// The menu of placeholders; one that is picked goes to the cursor of the editor `id`. Whether one was.
pub fn insert(ui: &mut Ui, id: Id, text: &mut String) -> bool {
    let button = ui.add(Button::new("Insert placeholder").trailing_icon(icons::CARET_DOWN));
    let mut picked = None;
    Popup::menu(&button).id(button.id.with("menu")).show(|ui| {
        ui.set_width(400.0);
        eframe::egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
            for (inside, what) in OFFERED {
                let label = format!("{{{{{inside}}}}}   {what}");
                if menu_item(ui, &label, false).clicked() {
                    picked = Some(format!("{{{{{inside}}}}}"));
                    ui.close();
                }
            }
        });
    });
    let Some(placeholder) = picked else { return false };
    insert_at_cursor(ui.ctx(), id, text, &placeholder);
    true
}

fn insert_at_cursor(ctx: &Context, id: Id, text: &mut String, piece: &str) {
    let mut state = TextEditState::load(ctx, id).unwrap_or_default();
    let chars = text.chars().count();
    let at = state.cursor.char_range().map_or(chars, |range| usize::from(range.primary.index)).min(chars);
    let byte = text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
    text.insert_str(byte, piece);
    let behind = CCursor::new(at + piece.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::one(behind)));
    state.store(ctx, id);
    ctx.memory_mut(|memory| memory.request_focus(id));
}

/// Saves the text under a name, or forgets one that was saved.
pub fn save_as(ui: &mut Ui, own: &[OwnTemplate], choice: &mut TemplateChoice, text: &str, out: &mut Commands) {
    let button = ui.add(Button::new("Save as…"));
    let popup = Popup::menu(&button).id(button.id.with("menu"));
    popup.close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        let t = theme::tokens(ui);
        ui.set_width(230.0);
        widgets::label(ui, "Save this template as", fonts::small_medium(), t.weak);
        TextField::new(Id::unique("template name"), "Template's name", &mut choice.save_as).hint("a name").show(ui);
        let name = choice.save_as.trim().to_owned();
        let may_save = match name.as_str() {
            "" => Err("Give it a name."),
            name if BUILT_IN.iter().any(|built_in| built_in.name == name) => Err("A built-in template has this name."),
            _ if text.is_empty() => Err("There is no text yet."),
            _ => Ok(()),
        };
        ui.horizontal(|ui| {
            if ui.add(Button::primary("Save").enabled(may_save)).clicked() {
                let mut all = vec![OwnTemplate { name: name.clone(), text: text.to_owned() }];
                all.extend(own.iter().filter(|one| one.name != name).cloned());
                out.push(Command::SetTemplates(all));
                choice.name = name;
                ui.close();
            }
            let is_own = own.iter().any(|one| one.name == choice.name);
            if is_own && ui.add(Button::new("Forget this one").icon(icons::TRASH)).clicked() {
                out.push(Command::SetTemplates(own.iter().filter(|one| one.name != choice.name).cloned().collect()));
                choice.name.clear();
                ui.close();
            }
        });
    });
}
