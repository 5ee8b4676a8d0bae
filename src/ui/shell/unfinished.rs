//! The strip that says that a plan was cut off: how far it got, and whether to go on or leave it.

use eframe::egui::{Align, Align2, Layout, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2};

use crate::model::format;
use crate::model::plan::request::{PlanCommand, UnfinishedPlan};
use crate::model::world::World;
use crate::ui::command::{Command, Commands, Place};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::{self, Button};

/// Height of the strip.
const HEIGHT: f32 = 32.0;

/// Draws the strip at the top of the main area where there is something to say; gives back what is left.
pub fn strip(ui: &mut Ui, main: Rect, world: &World, place: &Place, out: &mut Commands) -> Rect {
    let Some(plan) = world.unfinished_plans.last().filter(|_| !matches!(place, Place::Connect)) else { return main };
    let rect = main.with_max_y(main.top() + HEIGHT);
    let t = theme::tokens(ui);
    let more = match world.unfinished_plans.len() {
        1 => String::new(),
        count => format!(" {} besides.", format::counted(count - 1, "unfinished plan")),
    };
    let text = format!("{}, {} ago.{more}", plan.sentence(), format::duration(plan.at.age_at(world.now)));
    let response = ui.interact(rect, ui.make_persistent_id("unfinished plan"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &text));
    let painter = ui.painter();
    painter.rect_filled(rect, 0, t.warn_dim);
    let middle = rect.center().y;
    painter.text(pos2(rect.left() + 16.0, middle), Align2::LEFT_CENTER, icons::WARNING, fonts::icon(14.0), t.warn);
    let area = Rect::from_min_max(pos2(rect.left() + 38.0, rect.top()), pos2(rect.right() - 200.0, rect.bottom()));
    widgets::paint_elided(painter, area, Align::Min, &text, fonts::body(), t.text);
    response.on_hover_text(&text);
    let buttons = Rect::from_min_max(pos2(rect.right() - 196.0, rect.top()), pos2(rect.right() - 12.0, rect.bottom()));
    let builder = UiBuilder::new().id_salt("unfinished").max_rect(buttons).layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        if ui.add(Button::new("Leave it").small().tooltip("Forget the plan; what is done stays done")).clicked() {
            out.push(Command::Plan(PlanCommand::Leave(Box::new(plan.clone()))));
        }
        let reason = why_not(world, plan);
        let enabled = reason.as_ref().copied().map_err(String::as_str);
        if ui.add(Button::new("Go on…").small().enabled(enabled)).clicked() {
            out.push(Command::Plan(PlanCommand::Show(Box::new(plan.clone()))));
        }
    });
    main.with_min_y(rect.bottom())
}

fn why_not(world: &World, plan: &UnfinishedPlan) -> Result<(), String> {
    let account = world.identity.get().map(|identity| identity.account.as_str());
    match world.connection() {
        Some(info) if plan.is_of(info, account) => Ok(()),
        _ => {
            let place = plan.endpoint_url.as_deref().unwrap_or(&plan.region);
            Err(format!(
                "It was begun on {} ({}): connect to that to go on.",
                plan.connection,
                format::one_line(place, 60)
            ))
        }
    }
}
