//! Importing what a vendor sells: what was read is kept, its difference to the catalogue is shown,
//! and exactly that is written. For owners. The page itself asks no vendor.

use domain::{Currency, Money as Amount};
use leptos::prelude::*;
use portal::accounts::{
    Account, By, Change, ImportError, NewPlan, Note, Preset, Proposal, Source, StoredImport,
};
use portal::locale::Locale;
use portal::people::Permission;
use portal::pricing::{Endangered, Group, PriceRow, Repriced};

use super::desk_upstreams::{crumbs, failed, preset_name};
use super::prices::group_name;
use super::{Shown, frame, instant, page, param, refusal};
use crate::api::ApiError;
use crate::components::{
    Badge, ButtonKind, Cell, Column, Crumb, DataTable, Empty, Notice, PageHead, Panel, RowHead,
    SelectField, SelectOption, TextArea, Tone,
};
use crate::context::Context;
use crate::{format, t};

/// `/admin/upstreams/{slug}/import`
#[component]
pub fn DeskImport() -> impl IntoView {
    page(import)
}

async fn import(cx: Context) -> Shown {
    let staff = cx.staff_who_may(Permission::ManageVendors)?;
    let (by, slug) = (By::Staff(staff), param("slug")?);
    let account = cx.portal.account(by, &slug).await.map_err(|error| failed(&cx, error))?;
    let unread = |error| match error {
        ImportError::Internal(error) => cx.failed(&error),
        _ => ApiError::NotFound,
    };
    let newest = cx.portal.newest_import(by, &slug).await.map_err(unread)?;
    let families = cx.portal.import_families(by).await.map_err(unread)?;
    let locale = cx.locale;
    let title = t!(locale, "import-title");
    let crumbs = crumbs(
        locale,
        vec![
            Crumb::link(format!("/admin/upstreams/{slug}"), account.settings.name.clone()),
            Crumb::here(title.clone()),
        ],
    );
    let families = families
        .into_iter()
        .map(|(code, name)| (code, name.get(locale).to_owned()))
        .collect::<Vec<_>>();
    // What was read waits for the other button.
    let writes = newest.as_ref().is_some_and(|(_, proposal)| proposal.to_write() > 0);
    let read = if writes { ButtonKind::Secondary } else { ButtonKind::Primary };
    let form = read_form(&cx, &account, &families, read);
    let found = newest.map(|(stored, proposal)| difference(locale, &account, &stored, &proposal));
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "import-lead") crumbs=crumbs />
        {done(&cx)}
        {refusal(&cx, t!(locale, "import-refused"))}
        <Panel title=t!(locale, "import-read") id="read">
            {form}
        </Panel>
        {found}
    }
    .into_any();
    let heading = format!("{title}: {}", account.settings.name);
    Ok(frame::desk(&cx, staff, &heading, "/admin/upstreams", main))
}

fn done(cx: &Context) -> Option<AnyView> {
    let locale = cx.locale;
    let what = cx.query("done").filter(|_| cx.refused.is_none())?;
    let text = match what.as_str() {
        "read" => t!(locale, "import-was-read"),
        "applied" => {
            let count: i64 = cx.query("count")?.parse().ok()?;
            t!(locale, "import-applied", count = count)
        }
        _ => return None,
    };
    let shown = view! {
        <Notice tone=Tone::Success live=true>
            <p>{text}</p>
        </Notice>
    };
    Some(shown.into_any())
}

fn source_name(locale: Locale, source: Source) -> String {
    match source {
        Source::Export => t!(locale, "import-from-list"),
        Source::Preset(preset) => {
            t!(locale, "import-from-preset", name = preset_name(locale, preset))
        }
        Source::File => t!(locale, "import-from-text"),
    }
}

fn read_form(
    cx: &Context,
    account: &Account,
    families: &[(String, String)],
    button: ButtonKind,
) -> impl IntoView + use<> {
    let locale = cx.locale;
    let current = cx.typed("source").unwrap_or_else(|| Source::Export.as_str().to_owned());
    let sources = [Source::Export]
        .into_iter()
        .chain(Preset::ALL.map(Source::Preset))
        .chain([Source::File])
        .map(|source| SelectOption::new(source.as_str(), source_name(locale, source), &current))
        .collect();
    let family = cx.typed("family").unwrap_or_default();
    let families = std::iter::once((String::new(), t!(locale, "import-family-hint")))
        .chain(families.iter().cloned())
        .map(|(code, name)| SelectOption::new(code, name, &family))
        .collect();
    view! {
        <form class="form" method="post" action="/admin/upstream-read">
            <input type="hidden" name="slug" value=account.slug.clone() />
            <div class="fields fields-wide">
                <SelectField
                    label=t!(locale, "import-source")
                    name="source"
                    options=sources
                    error=cx.error_of("source")
                />
                <SelectField
                    label=t!(locale, "import-family")
                    name="family"
                    options=families
                    error=cx.error_of("family")
                />
            </div>
            <TextArea
                label=t!(locale, "import-table")
                name="table"
                hint=t!(locale, "import-table-hint")
                value=cx.typed("table").unwrap_or_default()
                error=cx.error_of("table")
                rows=4
            />
            <div class="actions">
                <button class=button.class() type="submit">
                    {t!(locale, "import-read-button")}
                </button>
            </div>
        </form>
    }
}

fn difference(
    locale: Locale,
    account: &Account,
    stored: &StoredImport,
    proposal: &Proposal,
) -> AnyView {
    let author = stored.author.clone().unwrap_or_else(|| t!(locale, "import-command-line"));
    let about = t!(
        locale,
        "import-about",
        source = source_name(locale, stored.source),
        plans = stored.plans,
        author = author
    );
    let at = stored.at;
    let applied = stored.applied_at.map(|at| {
        view! {
            <p class="muted small">
                {t!(locale, "import-applied-at")} " " {instant(locale, at)}
            </p>
        }
    });
    let changes = if proposal.changes.is_empty() {
        view! {
            <Empty
                icon="circle-check"
                title=t!(locale, "import-nothing")
                text=t!(locale, "import-nothing-text")
            />
        }
        .into_any()
    } else {
        changes(locale, account.currency, proposal).into_any()
    };
    let button = (proposal.to_write() > 0).then(|| {
        view! {
            <form method="post" action="/admin/upstream-apply">
                <input type="hidden" name="slug" value=account.slug.clone() />
                <input type="hidden" name="import" value=stored.id.to_string() />
                <input type="hidden" name="hash" value=proposal.hash.clone() />
                <button class="btn btn-primary" type="submit">
                    {t!(locale, "import-apply", count = proposal.to_write())}
                </button>
            </form>
        }
        .into_any()
    });
    view! {
        <Panel title=t!(locale, "import-difference") id="difference" foot=button>
            <p>{about} " " {instant(locale, at)}</p>
            {applied}
        </Panel>
        <Panel flush=true>{changes}</Panel>
        {endangered(locale, &proposal.endangered)}
        {repriced(locale, &proposal.repriced)}
        {notes(locale, &proposal.notes)}
    }
    .into_any()
}

fn changes(locale: Locale, currency: Currency, proposal: &Proposal) -> impl IntoView + use<> {
    let columns = vec![
        Column::text(t!(locale, "col-plan")),
        Column::text(t!(locale, "import-change")),
        Column::text(t!(locale, "import-detail")),
        Column::num(t!(locale, "col-before")),
        Column::num(t!(locale, "col-after")),
    ];
    let rows = proposal.changes.iter().map(|change| row(locale, currency, change)).collect_view();
    view! {
        <DataTable caption=t!(locale, "import-difference") columns=columns>
            {rows}
        </DataTable>
    }
}

/// A line of the table: the kind of change, what exactly, and the cost before and after.
fn row(locale: Locale, currency: Currency, change: &Change) -> impl IntoView + use<> {
    let money = |amount: i64| format::money(locale, Amount::new(amount, currency));
    let (kind, detail, before, after) = match change {
        Change::Plan(new) => {
            (t!(locale, "import-new-plan"), new_plan(locale, currency, new), None, None)
        }
        Change::Term { term, .. } => (
            t!(locale, "import-new-term"),
            format::period(locale, term.period),
            None,
            Some(money(term.cost.0)),
        ),
        Change::Addon { addon, .. } => {
            let costs = addon.costs.iter().map(|cost| {
                format!("{}: {}", format::period(locale, cost.period), money(cost.cost.0))
            });
            let costs = costs.collect::<Vec<_>>().join(", ");
            let detail = format!("{} ({}); {costs}", addon.name, addon.code);
            (t!(locale, "import-new-addon"), detail, None, None)
        }
        Change::Cost { period, addon, before, after, .. } => {
            let term = format::period(locale, *period);
            let detail = match addon {
                Some((_, name)) => format!("{name}, {term}"),
                None => term,
            };
            let kind = t!(locale, "import-cost");
            (kind, detail, Some(money(before.0)), Some(money(after.0)))
        }
        Change::TermCode { period, before, after, .. } => (
            t!(locale, "import-term-code"),
            format::period(locale, *period),
            before.clone(),
            Some(after.clone()),
        ),
        Change::Gone { .. } => {
            (t!(locale, "import-gone"), t!(locale, "import-gone-text"), None, None)
        }
        Change::GoneTerm { period, .. } => {
            let term = format::period(locale, *period);
            (
                t!(locale, "import-gone"),
                format!("{term}. {}", t!(locale, "import-gone-text")),
                None,
                None,
            )
        }
    };
    let plan = change.plan();
    let (name, sub) = (plan.name.clone(), format!("{} · {}", plan.code, plan.slug));
    let inferred = matches!(change, Change::Plan(new) if new.inferred).then(|| {
        view! {
            " "
            <Badge text=t!(locale, "import-inferred") />
        }
    });
    let (no_before, no_after) = (before.is_none(), after.is_none());
    let [before, after] = [before, after].map(|text| text.unwrap_or_else(|| "—".to_owned()));
    view! {
        <tr>
            <RowHead sub=sub>{name} {inferred}</RowHead>
            <Cell label=t!(locale, "import-change")>{kind}</Cell>
            <Cell label=t!(locale, "import-detail")>{detail}</Cell>
            <Cell label=t!(locale, "col-before") num=true none=no_before>
                {before}
            </Cell>
            <Cell label=t!(locale, "col-after") num=true none=no_after>
                {after}
            </Cell>
        </tr>
    }
}

fn new_plan(locale: Locale, currency: Currency, new: &NewPlan) -> String {
    let terms = new.terms.iter().map(|term| {
        let cost = format::money(locale, Amount::new(term.cost.0, currency));
        format!("{}: {cost}", format::period(locale, term.period))
    });
    let mut parts = vec![
        format!("{}, {}", new.dialect.as_str(), new.family),
        terms.collect::<Vec<_>>().join(", "),
    ];
    parts.extend(new.addons.iter().map(|addon| format!("{} ({})", addon.name, addon.code)));
    parts.join("; ")
}

/// Prices by plan and group: what each is now, and what stands in the last column.
fn price_table(
    locale: Locale,
    caption: String,
    last: &str,
    rows: impl Iterator<Item = (PriceRow, Group, Option<Amount>, Amount)>,
) -> AnyView {
    let columns = vec![
        Column::text(t!(locale, "col-plan")),
        Column::text(t!(locale, "col-group")),
        Column::num(t!(locale, "import-price-now")),
        Column::num(last),
    ];
    let lines = rows
        .map(|(row, group, now, then)| {
            let term = format::period(locale, row.key.period);
            let unit = match &row.addon_name {
                Some(name) => format!("{}, {term}", name.get(locale)),
                None => term,
            };
            let plan = row.plan_name.get(locale).to_owned();
            let group = group_name(locale, &group);
            let now = now.map_or_else(|| "—".to_owned(), |price| format::money(locale, price));
            let then = format::money(locale, then);
            view! {
                <tr>
                    <RowHead sub=unit>{plan}</RowHead>
                    <Cell label=t!(locale, "col-group")>{group}</Cell>
                    <Cell label=t!(locale, "import-price-now") num=true>
                        {now}
                    </Cell>
                    <Cell label=last num=true>
                        {then}
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=caption columns=columns>
            {lines}
        </DataTable>
    }
    .into_any()
}

/// Selling prices that follow their costs: nobody is to be surprised by them.
fn repriced(locale: Locale, rows: &[Repriced]) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let title = t!(locale, "import-repriced");
    let rows = rows.iter().cloned().map(|row| {
        let then = row.after.price().unwrap_or(row.before);
        (row.after, row.group, Some(row.before), then)
    });
    let table = price_table(locale, title.clone(), &t!(locale, "import-price-then"), rows);
    let hint = view! { {t!(locale, "import-repriced-text")} }.into_any();
    let shown = view! {
        <Panel title=title id="repriced" flush=true foot=hint>
            {table}
        </Panel>
    };
    Some(shown.into_any())
}

fn endangered(locale: Locale, rows: &[Endangered]) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let title = t!(locale, "import-endangered");
    let rows = rows.iter().cloned().map(|row| {
        let cost = row.after.cost;
        (row.after, row.group, row.before, cost)
    });
    let table = price_table(locale, title.clone(), &t!(locale, "import-cost-then"), rows);
    let shown = view! {
        <Notice tone=Tone::Warning>
            <p>{t!(locale, "import-endangered-text")}</p>
        </Notice>
        <Panel title=title id="endangered" flush=true>
            {table}
        </Panel>
    };
    Some(shown.into_any())
}

fn notes(locale: Locale, notes: &[Note]) -> Option<AnyView> {
    if notes.is_empty() {
        return None;
    }
    let lines = notes.iter().map(|note| note_in_words(locale, note)).map(|text| {
        view! { <li>{text}</li> }
    });
    let lines = lines.collect_view();
    let shown = view! {
        <Panel title=t!(locale, "import-notes") id="notes">
            <ul>{lines}</ul>
        </Panel>
    };
    Some(shown.into_any())
}

fn note_in_words(locale: Locale, note: &Note) -> String {
    // A term is kept as its code, which only we read.
    let term = |text: &str| {
        text.parse::<domain::Period>()
            .map_or_else(|_| text.to_owned(), |period| format::period(locale, period))
    };
    match note {
        Note::Unreadable { row } => t!(locale, "note-unreadable", row = row.to_string()),
        Note::Twice { code } => t!(locale, "note-twice", code = code.as_str()),
        Note::Period { code, text } => {
            t!(locale, "note-period", code = code.as_str(), text = text.as_str())
        }
        Note::Cost { code, text } => {
            t!(locale, "note-cost", code = code.as_str(), text = text.as_str())
        }
        Note::Currency { code, text } => {
            t!(locale, "note-currency", code = code.as_str(), text = text.as_str())
        }
        Note::Addon { code, text } => {
            t!(locale, "note-addon", code = code.as_str(), text = text.as_str())
        }
        Note::NoDialect { code } => t!(locale, "note-no-dialect", code = code.as_str()),
        Note::OtherDialect { code, text } => {
            t!(locale, "note-other-dialect", code = code.as_str(), text = text.as_str())
        }
        Note::NoTermCode { code, text } => {
            t!(locale, "note-no-term-code", code = code.as_str(), text = term(text))
        }
        Note::NoCost { code, text } => {
            t!(locale, "note-no-cost", code = code.as_str(), text = term(text))
        }
        Note::NoPanel { code, text } => {
            t!(locale, "note-no-panel", code = code.as_str(), text = text.as_str())
        }
        Note::NoFits { code } => t!(locale, "note-no-fits", code = code.as_str()),
        Note::NoPriceList { text } => t!(locale, "note-no-price-list", text = text.as_str()),
    }
}
