//! Every cost in force.

use leptos::prelude::*;
use portal::locale::Locale;
use portal::pricing::{CostRow, CostSource};

use super::{actor, csv_link, source, unit};
use crate::api::ApiError;
use crate::components::{
    Cell, Column, DataTable, Empty, Field, FilterBar, Money, PageHead, Panel, RowHead, SelectField,
    SelectOption,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::pages::{Shown, frame, page};
use crate::{format, t};

/// `/admin/costs`
#[component]
pub fn Costs() -> impl IntoView {
    page(costs)
}

async fn costs(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let locale = cx.locale;
    let rows = asked(&cx).await?;
    let name = cx.query("name").unwrap_or_default();
    let sort = cx.query("sort").unwrap_or_default();
    let title = t!(locale, "costs-title");
    let sorts = [
        ("", t!(locale, "sort-shelf")),
        ("cost", t!(locale, "col-cost")),
        ("since", t!(locale, "col-since")),
    ]
    .into_iter()
    .map(|(word, label)| SelectOption::new(word, label, &sort))
    .collect();
    let filtered = !(name.is_empty() && sort.is_empty());
    let reset = filtered.then(|| t!(locale, "filter-reset"));
    let content = if rows.is_empty() {
        view! {
            <Panel flush=true>
                <Empty
                    icon="tag"
                    title=t!(locale, "costs-none")
                    text=t!(locale, "prices-none-text")
                />
            </Panel>
        }
        .into_any()
    } else {
        let table = table(locale, rows);
        let foot = csv_link(&cx, "/admin/costs.csv", "");
        view! {
            <Panel flush=true foot=foot>
                {table}
            </Panel>
        }
        .into_any()
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "costs-lead") />
        <FilterBar
            action="/admin/costs"
            summary=t!(locale, "filter-fold")
            apply=t!(locale, "filter-apply")
            reset=reset
        >
            <Field label=t!(locale, "col-plan") name="name" value=Some(name) wide=true />
            <SelectField label=t!(locale, "filter-sort") name="sort" options=sorts class="field-sort" />
        </FilterBar>
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/costs", main))
}

/// The costs that the address asks for, in its order.
async fn asked(cx: &Context) -> Result<Vec<CostRow>, ApiError> {
    let staff = cx.staff()?;
    let mut rows = cx.portal.costs(staff).await.map_err(|error| cx.failed(&error))?;
    let wanted = cx.query("name").unwrap_or_default().trim().to_lowercase();
    rows.retain(|row| {
        wanted.is_empty()
            || row.key.plan.contains(&wanted)
            || row.plan_name.get(cx.locale).to_lowercase().contains(&wanted)
    });
    match cx.query("sort").as_deref() {
        Some("cost") => rows.sort_by_key(|row| row.cost.amount()),
        Some("since") => rows.sort_by_key(|row| std::cmp::Reverse(row.by.at)),
        _ => {}
    }
    Ok(rows)
}

/// The columns of the file.
pub const CSV: &[&str] =
    &["plan", "period", "addon", "cost", "before", "currency", "source", "author", "since"];

/// The rows of the file.
pub async fn export(cx: &Context) -> Result<Chunk, ApiError> {
    let rows = asked(cx).await?.into_iter().map(|row| {
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
    });
    Ok(Chunk { rows: rows.collect(), next: None })
}

fn table(locale: Locale, rows: Vec<CostRow>) -> impl IntoView + use<> {
    let columns = vec![
        Column::text(t!(locale, "col-plan")),
        Column::num(t!(locale, "col-before")),
        Column::num(t!(locale, "col-cost")),
        Column::text(t!(locale, "col-source")),
        Column::text(t!(locale, "col-since")),
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
