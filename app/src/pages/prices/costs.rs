//! Every cost in force.

use leptos::prelude::*;
use portal::listing::{Cursor, Key, Listed, Paging};
use portal::locale::Locale;
use portal::pricing::{
    COST_SORTS, COSTS_BY_CHANGE, COSTS_BY_COST, COSTS_BY_SHELF, CostRow, CostSource,
};

use super::{actor, source, source_from, sources, unit};
use crate::api::ApiError;
use crate::components::{Cell, Column, DataTable, Money, PageHead, RowHead};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::pages::{DESK_PAGE, Shown, frame, page};
use crate::{format, t};

/// `/admin/costs`
#[component]
pub fn Costs() -> impl IntoView {
    page(costs)
}

async fn costs(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let locale = cx.locale;
    let asked = asked(&cx);
    let listed = listed(&cx, &asked).await?;
    let title = t!(locale, "costs-title");
    let fields = view! {
        {asked.search_field(locale, t!(locale, "col-plan"))}
        {asked.select_field(locale, "source", t!(locale, "col-source"), sources(locale))}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "tag",
        title: t!(locale, "costs-none"),
        text: t!(locale, "products-empty-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, &asked, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "costs-lead") />
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/costs", main))
}

fn asked(cx: &Context) -> Asked {
    let usual = Paging::first(COSTS_BY_SHELF, DESK_PAGE);
    let mut asked = Asked::read(cx, "/admin/costs", &["q", "source"], &COST_SORTS, usual);
    asked.parsed("source", source_from);
    asked
}

/// The costs that the address asks for.
async fn listed(cx: &Context, asked: &Asked) -> Result<Listed<CostRow>, ApiError> {
    let staff = cx.staff()?;
    let mut rows = cx.portal.costs(staff).await.map_err(|error| cx.failed(&error))?;
    let source = asked.value("source");
    rows.retain(|row| {
        asked.finds(&[&row.key.plan, row.plan_name.get(cx.locale)])
            && source.is_none_or(|word| word == row.source.as_str())
    });
    let sort = asked.paging.sort;
    // Rows that are otherwise alike keep the order of the shelf.
    Ok(asked.cut(rows, |row| match sort {
        COSTS_BY_COST => Key::Number(row.cost.amount()),
        COSTS_BY_CHANGE => Key::Time(row.by.at),
        _ => Key::Number(0),
    }))
}

/// The columns of the file.
pub const CSV: &[&str] =
    &["plan", "period", "addon", "cost", "before", "currency", "source", "author", "since"];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let asked = asked(cx).for_export(after)?;
    Ok(Chunk::of(listed(cx, &asked).await?, |row| {
        vec![
            Value::text(row.key.plan),
            Value::plain(&row.key.period),
            Value::maybe(row.key.addon),
            Value::amount(row.cost),
            row.before.map_or_else(Value::empty, Value::amount),
            Value::currency(row.cost),
            Value::plain(row.source.as_str()),
            Value::maybe(row.by.author),
            Value::time(row.by.at),
        ]
    }))
}

fn table(locale: Locale, asked: &Asked, rows: Vec<CostRow>) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(COSTS_BY_SHELF, Column::text(t!(locale, "col-plan"))),
        Column::num(t!(locale, "col-before")),
        asked.sortable(COSTS_BY_COST, Column::num(t!(locale, "col-cost"))),
        Column::text(t!(locale, "col-source")),
        asked.sortable(COSTS_BY_CHANGE, Column::text(t!(locale, "col-since"))),
    ];
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = format!("/admin/costs/{}", row.key.plan);
            let plan = row.plan_name.get(locale).to_owned();
            let unit = unit(locale, &row.key, row.addon_name.as_ref());
            let no_before = row.before.is_none();
            let before =
                row.before.map_or_else(|| "—".to_owned(), |cost| format::money(locale, cost));
            let first = row.source == CostSource::Initial;
            // That the portal has set a first cost goes without saying.
            let silent = first && row.by.author.is_none();
            let by = (!silent).then(|| actor(locale, &row.by));
            let at = format::moment(locale, row.by.at);
            view! {
                <tr>
                    <RowHead sub=unit>
                        <a href=href>{plan}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-before") num=true none=no_before>
                        <Money text=before />
                    </Cell>
                    <Cell label=t!(locale, "col-cost") num=true>
                        <Money text=format::money(locale, row.cost) />
                    </Cell>
                    <Cell label=t!(locale, "col-source") none=first>
                        {source(locale, row.source)}
                    </Cell>
                    <Cell label=t!(locale, "col-since") sub=by>
                        {at}
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "costs-title") columns=columns>
            {rows}
        </DataTable>
    }
}
