//! The invariants, as they were found when they were last checked.

use leptos::prelude::*;
use portal::health::{Checked, Invariant};
use portal::locale::Locale;

use super::{Shown, frame, instant, page};
use crate::components::{
    Cell, Column, DataTable, Notice, PageHead, Panel, RowHead, StatusPill, Tone,
};
use crate::context::Context;
use crate::{format, t};

/// `/admin/health`
#[component]
pub fn DeskHealth() -> impl IntoView {
    page(health)
}

async fn health(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let checks = cx.portal.health(staff).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "health-title");
    let at_once = checked_at_once(locale, &checks);
    let each = at_once.is_none();
    let rows = checks.iter().map(|check| row(locale, check, each)).collect_view();
    let mut columns =
        vec![Column::text(t!(locale, "health-rule")), Column::text(t!(locale, "col-status"))];
    if each {
        columns.push(Column::text(t!(locale, "health-checked")));
    }
    let lead = match at_once {
        Some(at) => format!("{} {}", t!(locale, "health-lead"), t!(locale, "health-last", at = at)),
        None => t!(locale, "health-lead"),
    };
    let now = view! {
        <form method="post" action="/admin/check-health">
            <button class="btn" type="submit">
                {t!(locale, "health-now")}
            </button>
        </form>
    }
    .into_any();
    let main = view! {
        <PageHead title=title.clone() subtitle=lead actions=now />
        {verdict(locale, &checks)}
        <Panel flush=true>
            <DataTable caption=t!(locale, "health-title") columns=columns>
                {rows}
            </DataTable>
        </Panel>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/health", main))
}

/// All rules in one sentence; none as long as one of them was never checked and none is broken.
fn verdict(locale: Locale, checks: &[Checked]) -> Option<AnyView> {
    let broken = checks.iter().filter(|check| check.broken > 0).count();
    let (tone, text) = if broken > 0 {
        (Tone::Danger, t!(locale, "health-some", broken = broken, count = checks.len()))
    } else if checks.iter().all(|check| check.at.is_some()) {
        (Tone::Success, t!(locale, "health-all", count = checks.len()))
    } else {
        return None;
    };
    let shown = view! {
        <Notice tone=tone>
            <p>{text}</p>
        </Notice>
    };
    Some(shown.into_any())
}

/// When all rules were checked, if it was within one minute.
fn checked_at_once(locale: Locale, checks: &[Checked]) -> Option<String> {
    let mut times = checks.iter().map(|check| check.at.map(|at| format::moment(locale, at)));
    let first = times.next()??;
    times.all(|at| at.as_ref() == Some(&first)).then_some(first)
}

/// A rule; with the time of its own check where they differ.
fn row(locale: Locale, check: &Checked, each: bool) -> impl IntoView + use<> {
    let rule = rule(locale, check.invariant);
    let broken = u64::try_from(check.broken).unwrap_or(0);
    let pill = match (check.at, broken) {
        (None, _) => {
            let word = t!(locale, "health-never");
            view! { <StatusPill tone=Tone::Neutral icon="clock" label=word /> }.into_any()
        }
        (Some(_), 0) => {
            let word = t!(locale, "health-sound");
            view! { <StatusPill tone=Tone::Success icon="circle-check" label=word /> }.into_any()
        }
        (Some(_), _) => {
            let word = t!(locale, "health-broken", count = broken);
            view! { <StatusPill tone=Tone::Danger icon="circle-x" label=word /> }.into_any()
        }
    };
    let examples = check
        .examples
        .iter()
        .map(|text| {
            let text = example(text);
            view! { <span class="cell-sub mono">{text}</span> }
        })
        .collect_view();
    let at = each.then(|| {
        let at = match check.at {
            Some(at) => instant(locale, at).into_any(),
            None => t!(locale, "none-yet").into_any(),
        };
        view! { <Cell label=t!(locale, "health-checked")>{at}</Cell> }
    });
    view! {
        <tr>
            <RowHead>
                <span>{rule} {examples}</span>
            </RowHead>
            <Cell label=t!(locale, "col-status")>{pill}</Cell>
            {at}
        </tr>
    }
}

/// A broken row; an operation leads to where it is found.
fn example(text: &str) -> AnyView {
    let number = text.strip_prefix("operation ").and_then(|rest| rest.split(' ').next());
    match number.filter(|number| number.parse::<i64>().is_ok()) {
        Some(number) => {
            let href = format!("/admin/operations?q={number}");
            let text = text.to_owned();
            view! { <a href=href>{text}</a> }.into_any()
        }
        None => text.to_owned().into_any(),
    }
}

fn rule(locale: Locale, invariant: Invariant) -> String {
    match invariant {
        Invariant::I01 => t!(locale, "health-i01"),
        Invariant::I02 => t!(locale, "health-i02"),
        Invariant::I03 => t!(locale, "health-i03"),
        Invariant::I04 => t!(locale, "health-i04"),
        Invariant::I05 => t!(locale, "health-i05"),
        Invariant::I06 => t!(locale, "health-i06"),
        Invariant::I07 => t!(locale, "health-i07"),
        Invariant::I08 => t!(locale, "health-i08"),
        Invariant::I09 => t!(locale, "health-i09"),
        Invariant::I10 => t!(locale, "health-i10"),
        Invariant::I11 => t!(locale, "health-i11"),
        Invariant::I12 => t!(locale, "health-i12"),
        Invariant::I13 => t!(locale, "health-i13"),
        Invariant::I14 => t!(locale, "health-i14"),
    }
}
