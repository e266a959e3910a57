//! One plan's costs: their history, and changing one after a look at what follows.

use std::collections::BTreeSet;

use domain::{Money as Amount, Period};
use leptos::prelude::*;
use portal::listing::{Cursor, Days, Key, Listed, Paging};
use portal::locale::Locale;
use portal::people::Permission;
use portal::pricing::{
    CHANGE_SORTS, COSTS_BY_CHANGE, CostEvent, CostHistory, CostRow, CostSource, Group, PriceChange,
};

use super::{actor, crumbs, group_name, margin, price, source, source_from, sources, unit};
use crate::api::ApiError;
use crate::components::{
    Cell, Column, Crumb, DataTable, Field, LinkButton, Money, Notice, PageHead, Panel, RowHead,
    SelectField, SelectOption, TextArea, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::pages::{DESK_PAGE, Shown, frame, page, param, refusal};
use crate::{format, t};

/// `/admin/costs/{plan}`
#[component]
pub fn CostPage() -> impl IntoView {
    page(cost)
}

async fn cost(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let slug = param("plan")?;
    let mut found = cx
        .portal
        .cost_history(staff, &slug)
        .await
        .map_err(|error| cx.failed(&error))?
        .ok_or(ApiError::NotFound)?;
    let (asked, days) = asked(&cx, &found.slug);
    let listed = listed(&asked, days, std::mem::take(&mut found.events));
    let locale = cx.locale;
    let title = found.plan_name.get(locale).to_owned();
    let crumbs = crumbs(
        locale,
        vec![Crumb::link("/admin/costs", t!(locale, "costs-title")), Crumb::here(title.clone())],
    );
    let changed = cx.query("changed").filter(|_| cx.refused.is_none()).map(|_| {
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{t!(locale, "cost-changed")}</p>
            </Notice>
        }
    });
    let form =
        if staff.role.may(Permission::SetPrices) { Some(change(&cx, &found).await?) } else { None };
    let fields = view! {
        {asked.select_field(locale, "source", t!(locale, "col-source"), sources(locale))}
        {asked.day_fields(locale)}
        {asked.sort_field(locale)}
    }
    .into_any();
    // A plan has costs from its beginning.
    let nothing = Nothing {
        icon: "history",
        title: t!(locale, "list-no-match"),
        text: t!(locale, "list-no-match-text"),
        action: None,
    };
    let heading = Some(t!(locale, "cost-history"));
    let history = list(&cx, &asked, heading, fields, listed, nothing, |events| {
        history(locale, &asked, &found, &events).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "cost-lead") crumbs=crumbs />
        {refusal(&cx, t!(locale, "cost-refused"))}
        {changed}
        {form}
        {history}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/costs", main))
}

fn asked(cx: &Context, plan: &str) -> (Asked, Days) {
    let usual = Paging::first(COSTS_BY_CHANGE, DESK_PAGE);
    let path = format!("/admin/costs/{plan}");
    let mut asked = Asked::read(cx, &path, &["source", "from", "to"], &CHANGE_SORTS, usual);
    asked.file_at("/admin/cost-history.csv", "plan", plan.to_owned());
    asked.parsed("source", source_from);
    let days = asked.days();
    (asked, days)
}

/// The changes that the address asks for.
fn listed(asked: &Asked, days: Days, mut events: Vec<CostEvent>) -> Listed<CostEvent> {
    let source = asked.value("source");
    events.retain(|event| {
        source.is_none_or(|word| word == event.source.as_str()) && days.have(event.by.at)
    });
    asked.cut(events, |event| Key::Time(event.by.at))
}

/// The columns of the file.
pub const CSV: &[&str] =
    &["plan", "period", "addon", "before", "cost", "currency", "source", "author", "at", "reason"];

/// The rows of the file: the changes of one plan's costs, or of every plan's.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let plan = cx.query("plan");
    let (asked, days) = asked(cx, plan.as_deref().unwrap_or_default());
    let asked = asked.for_export(after)?;
    let plans = if let Some(plan) = plan {
        BTreeSet::from([plan])
    } else {
        let costs = cx.portal.costs(staff).await.map_err(|error| cx.failed(&error))?;
        costs.into_iter().map(|row| row.key.plan).collect()
    };
    let mut events = Vec::new();
    for plan in plans {
        let found = cx.portal.cost_history(staff, &plan).await;
        let found = found.map_err(|error| cx.failed(&error))?.ok_or(ApiError::NotFound)?;
        events.extend(found.events);
    }
    Ok(Chunk::of(listed(&asked, days, events), |event| {
        vec![
            Value::text(event.plan),
            Value::plain(&event.period),
            Value::maybe(event.addon),
            event.before.map_or_else(Value::empty, Value::amount),
            Value::amount(event.cost),
            Value::currency(event.cost),
            Value::plain(event.source.as_str()),
            Value::maybe(event.by.author),
            Value::time(event.by.at),
            Value::maybe(event.reason),
        ]
    }))
}

/// What is to be changed, as the address says.
struct Wish<'a> {
    row: &'a CostRow,
    cost: Amount,
}

/// The form; with a wish in the address what it would do, and the button that does it.
async fn change(cx: &Context, found: &CostHistory) -> Result<AnyView, ApiError> {
    let staff = cx.staff()?;
    let wish = wish(cx, found);
    let effects = match &wish {
        None => None,
        Some(wish) => cx
            .portal
            .preview_cost(staff, &wish.row.key, wish.cost)
            .await
            .map_err(|error| cx.failed(&error))?,
    };
    let ask = ask(cx, found);
    let confirm = wish.zip(effects).map(|(wish, effects)| confirm(cx, &wish, effects));
    Ok(view! {
        <Panel title=t!(cx.locale, "cost-change") id="change">
            {ask}
        </Panel>
        {confirm}
    }
    .into_any())
}

fn wish<'a>(cx: &Context, found: &'a CostHistory) -> Option<Wish<'a>> {
    let (period, addon) = chosen(cx)?;
    let cost = Amount::parse(&cx.query("cost")?, found.currency).ok()?;
    let row = found.costs.iter().find(|row| row.key.period == period && row.key.addon == addon)?;
    (cost != row.cost && !cost.is_negative()).then_some(Wish { row, cost })
}

/// Term and add-on of the form; a single value, because they are chosen together.
fn chosen(cx: &Context) -> Option<(Period, Option<String>)> {
    let unit = cx.query("unit")?;
    let (period, addon) = unit.split_once('.')?;
    Some((period.parse().ok()?, Some(addon.to_owned()).filter(|code| !code.is_empty())))
}

fn unit_value(row: &CostRow) -> String {
    format!("{}.{}", row.key.period, row.key.addon.as_deref().unwrap_or_default())
}

fn ask(cx: &Context, found: &CostHistory) -> impl IntoView + use<> {
    let locale = cx.locale;
    let current = chosen(cx)
        .map(|(period, addon)| format!("{period}.{}", addon.unwrap_or_default()))
        .unwrap_or_default();
    let units = found
        .costs
        .iter()
        .map(|row| {
            let unit = unit(locale, &row.key, row.addon_name.as_ref());
            let label =
                t!(locale, "cost-unit", unit = unit, cost = format::money(locale, row.cost));
            SelectOption::new(unit_value(row), label, &current)
        })
        .collect();
    let typed = cx.query("cost");
    // A cost that cannot be read is told at once, without a form that was posted.
    let unreadable = typed
        .as_ref()
        .is_some_and(|text| Amount::parse(text, found.currency).map_or(true, Amount::is_negative));
    let error = cx.error_of("cost").or_else(|| unreadable.then(|| t!(locale, "cost-bad-amount")));
    let action = format!("/admin/costs/{}", found.slug);
    view! {
        <form class="form" method="get" action=action>
            <div class="fields">
                <SelectField label=t!(locale, "cost-what") name="unit" options=units />
                <Field
                    label=t!(locale, "cost-new", currency = found.currency.code())
                    name="cost"
                    inputmode="decimal"
                    autocomplete="off"
                    maxlength=16
                    value=typed
                    error=error
                    required=true
                />
            </div>
            <div class="actions">
                <button class="btn" type="submit">
                    {t!(locale, "cost-preview")}
                </button>
            </div>
        </form>
    }
}

fn confirm(
    cx: &Context,
    wish: &Wish<'_>,
    effects: Vec<(Group, PriceChange)>,
) -> impl IntoView + use<> {
    let locale = cx.locale;
    let key = &wish.row.key;
    let addon = key.addon.clone().unwrap_or_default();
    let lead = t!(
        locale,
        "cost-effect",
        unit = unit(locale, key, wish.row.addon_name.as_ref()),
        before = format::money(locale, wish.row.cost),
        after = format::money(locale, wish.cost),
        count = effects.len()
    );
    let back = format!("/admin/costs/{}", key.plan);
    let table = (!effects.is_empty()).then(|| effect_table(locale, effects));
    let (plan, period) = (key.plan.clone(), key.period.to_string());
    let (seen, cost) = (wish.row.cost.to_string(), wish.cost.to_plain());
    let (reason, error) = (cx.typed("reason"), cx.error_of("reason"));
    view! {
        <Panel title=t!(locale, "cost-confirm-title") id="confirm">
            <form class="form" method="post" action="/admin/cost">
                <p>{lead}</p>
                {table}
                <input type="hidden" name="plan" value=plan />
                <input type="hidden" name="period" value=period />
                <input type="hidden" name="addon" value=addon />
                <input type="hidden" name="seen" value=seen />
                <input type="hidden" name="cost" value=cost />
                <TextArea
                    label=t!(locale, "cost-reason")
                    name="reason"
                    hint=t!(locale, "cost-reason-hint")
                    value=reason
                    error=error
                    rows=2
                    required=true
                />
                <div class="actions">
                    <button class="btn btn-primary" type="submit">
                        {t!(locale, "cost-confirm")}
                    </button>
                    <LinkButton href=back>{t!(locale, "rule-cancel")}</LinkButton>
                </div>
            </form>
        </Panel>
    }
}

fn effect_table(locale: Locale, effects: Vec<(Group, PriceChange)>) -> impl IntoView + use<> {
    let columns = vec![
        Column::text(t!(locale, "col-group")),
        Column::num(t!(locale, "col-before")),
        Column::num(t!(locale, "col-after")),
        Column::num(t!(locale, "col-margin-after")),
    ];
    let rows = effects
        .into_iter()
        .map(|(group, change)| {
            let before = match change.before {
                Some(before) => format::money(locale, before),
                None => t!(locale, "price-not-sold"),
            };
            let after = price(locale, &change.after);
            let margin = margin(locale, &change.after);
            let name = group_name(locale, &group);
            view! {
                <tr>
                    <RowHead>{name}</RowHead>
                    <Cell label=t!(locale, "col-before") num=true>
                        <Money text=before />
                    </Cell>
                    <Cell label=t!(locale, "col-after") num=true>
                        <Money text=after />
                    </Cell>
                    <Cell label=t!(locale, "col-margin-after") num=true>
                        <Money text=margin />
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "cost-confirm-title") columns=columns>
            {rows}
        </DataTable>
    }
}

fn history(
    locale: Locale,
    asked: &Asked,
    found: &CostHistory,
    events: &[CostEvent],
) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(COSTS_BY_CHANGE, Column::text(t!(locale, "col-since"))),
        Column::text(t!(locale, "col-unit")),
        Column::num(t!(locale, "col-before")),
        Column::num(t!(locale, "col-cost")),
        Column::text(t!(locale, "col-source")),
        Column::text(t!(locale, "col-reason")),
    ];
    let rows = events.iter().map(|event| history_row(locale, found, event)).collect_view();
    view! {
        <DataTable caption=t!(locale, "cost-history") columns=columns>
            {rows}
        </DataTable>
    }
}

fn history_row(locale: Locale, found: &CostHistory, event: &CostEvent) -> impl IntoView + use<> {
    let same = |row: &&CostRow| row.key.period == event.period && row.key.addon == event.addon;
    let unit = found
        .costs
        .iter()
        .find(same)
        .map(|row| unit(locale, &row.key, row.addon_name.as_ref()))
        .unwrap_or_default();
    let before = event.before.map_or_else(|| "—".to_owned(), |cost| format::money(locale, cost));
    let (no_before, no_reason) = (event.before.is_none(), event.reason.is_none());
    let reason = event.reason.clone().unwrap_or_else(|| "—".to_owned());
    let (by, at) = (actor(locale, &event.by), format::moment(locale, event.by.at));
    let cost = format::money(locale, event.cost);
    let first = event.source == CostSource::Initial;
    let source = source(locale, event.source);
    view! {
        <tr>
            <RowHead sub=by>{at}</RowHead>
            <Cell label=t!(locale, "col-unit")>{unit}</Cell>
            <Cell label=t!(locale, "col-before") num=true none=no_before>
                <Money text=before />
            </Cell>
            <Cell label=t!(locale, "col-cost") num=true>
                <Money text=cost />
            </Cell>
            <Cell label=t!(locale, "col-source") none=first>
                {source}
            </Cell>
            <Cell label=t!(locale, "col-reason") none=no_reason>
                {reason}
            </Cell>
        </tr>
    }
}
