//! The amber block below a profile whose session has ended: the command that signs in, to copy or to run from here.

use eframe::egui::{Align, Layout, Rect, Role, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::profiles::request;
use crate::model::connection::{ProfileInfo, SessionState, SignIn};
use crate::model::format;
use crate::model::world::World;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{self, fonts, icons};
use crate::ui::widgets::text::{job, paint_job};
use crate::ui::widgets::{self, Button, ButtonKind};

const LOOKING: &str = "checking every few seconds, continues by itself";

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, profile: &ProfileInfo, world: &World, out: &mut Commands) {
    let t = theme::tokens(ui);
    let Some(command) = profile.login_command() else { return };
    let painter = ui.painter().clone();
    painter.rect_filled(rect, 0, t.warn_dim);
    painter.rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 0, t.warn);
    let sign_in = world.sign_in.as_ref().filter(|sign_in| sign_in.profile == profile.name);
    let is_running = sign_in.is_some_and(|sign_in| sign_in.outcome.pending_since.is_some());
    let top =
        Rect::from_min_max(pos2(rect.left() + 17.0, rect.top() + 8.0), pos2(rect.right() - 20.0, rect.top() + 28.0));
    explain(ui, top, profile, sign_in, world);
    let builder = UiBuilder::new()
        .id_salt("fix")
        .max_rect(Rect::from_min_max(
            pos2(rect.left() + 17.0, rect.top() + 34.0),
            pos2(rect.right() - 20.0, rect.top() + 62.0),
        ))
        .layout(Layout::right_to_left(Align::Center));
    let mut inner = ui.new_child(builder);
    let anyway =
        Button::new("Connect anyway").kind(ButtonKind::Ghost).tooltip("The files may be wrong; the SDK decides.");
    if inner.add(anyway).clicked() {
        out.push(Command::Connect(request(&profile.name, profile.region.as_deref().unwrap_or(""))));
    }
    if is_running {
        if inner.add(Button::new("Stop").name("Stop signing in").icon(icons::CLOSE)).clicked() {
            out.push(Command::StopSignIn);
        }
    } else {
        let run =
            Button::new("Run it for me").icon(icons::TERMINAL).tooltip("Runs the AWS CLI, which opens a browser.");
        if inner.add(run).clicked() {
            out.push(Command::SignIn(profile.name.clone()));
        }
    }
    if inner.add(Button::new("Copy").name("Copy sign-in command").icon(icons::COPY)).clicked() {
        out.push(Command::Copy(command.clone()));
    }
    let area = inner.available_rect_before_wrap();
    painter.rect(area, 4, t.inset, Stroke::new(1.0, t.stroke), StrokeKind::Inside);
    let line = job(&[("$ ", fonts::value(), t.faint), (&command, fonts::value(), t.strong)]);
    paint_job(&painter, area.shrink2(vec2(10.0, 0.0)), Align::Min, line);
}

/// What ended and what to do; or how the sign-in goes.
fn explain(ui: &Ui, top: Rect, profile: &ProfileInfo, sign_in: Option<&SignIn>, world: &World) {
    let t = theme::tokens(ui);
    let painter = ui.painter();
    let outcome = sign_in.map(|sign_in| &sign_in.outcome);
    if let Some((problem, _)) = outcome.and_then(|outcome| outcome.problem.as_ref()) {
        painter.text(top.left_center(), eframe::egui::Align2::LEFT_CENTER, icons::WARNING, fonts::icon(12.0), t.crit);
        let room = top.with_min_x(top.left() + 18.0);
        let shown = widgets::paint_elided(painter, room, Align::Min, &problem.sentence, fonts::small(), t.text);
        let response = ui.interact(shown, ui.scope_id().with("sign-in failed"), eframe::egui::Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &problem.sentence));
        response.on_hover_text(&problem.sentence);
        return;
    }
    let (head, what, aside) = match (outcome.and_then(|outcome| outcome.pending_since), &profile.session) {
        (Some(since), _) => (
            "Signing in",
            ": answer in the browser that the AWS CLI opened.".to_owned(),
            format!("waiting, {}", format::duration(since.age_at(world.now))),
        ),
        (None, SessionState::ExpiredAt(at)) => {
            ("Sign in again", format!(" expired at {}. Run this in any terminal:", at.hm()), LOOKING.to_owned())
        }
        (None, SessionState::SignedOut) => {
            ("Sign in again", " is not there. Run this in any terminal:".to_owned(), LOOKING.to_owned())
        }
        // Its files do not tell when it is good again.
        (None, _) => {
            ("Sign in again", " was refused. Run this in any terminal, then connect:".to_owned(), String::new())
        }
    };
    let aside = widgets::paint_elided(painter, top, Align::Max, &aside, fonts::small(), t.weak);
    let session = profile.sso_session.as_deref().unwrap_or(&profile.name);
    let line = job(&[
        (head, fonts::small_strong(), t.strong),
        ("   The session of ", fonts::small(), t.text),
        (session, fonts::dense(), t.strong),
        (&what, fonts::small(), t.text),
    ]);
    paint_job(painter, top.with_max_x(aside.left() - 12.0), Align::Min, line);
}
