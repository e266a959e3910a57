//! Every cost in force.

use leptos::prelude::*;
use portal::locale::Locale;
use portal::pricing::CostRow;

use super::{author, source, unit};
use crate::components::{
    Cell, Column, DataTable, Empty, Field, FilterBar, Money, PageHead, Panel, RowHead, SelectField,
    SelectOption,
};
use crate::context::Context;
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
    let mut rows = cx.portal.costs(staff).await.map_err(|error| cx.failed(&error))?;
    let name = cx.query("name").unwrap_or_default();
    let sort = cx.query("sort").unwrap_or_default();
    let wanted = name.trim().to_lowercase();
    rows.retain(|row| {
        wanted.is_empty()
            || row.key.plan.contains(&wanted)
            || row.plan_name.get(locale).to_lowercase().contains(&wanted)
    });
    match sort.as_str() {
        "cost" => rows.sort_by_key(|row| row.cost.amount()),
        "since" => rows.sort_by_key(|row| std::cmp::Reverse(row.by.at)),
        _ => {}
    }
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
            <Panel>
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
        view! { <Panel flush=true>{table}</Panel> }.into_any()
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "costs-lead") />
        <FilterBar action="/admin/costs" apply=t!(locale, "filter-apply") reset=reset>
            <Field label=t!(locale, "col-plan") name="name" value=Some(name) wide=true />
            <SelectField label=t!(locale, "sort-by") name="sort" options=sorts />
        </FilterBar>
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/costs", main))
}

fn table(locale: Locale, rows: Vec<CostRow>) -> impl IntoView + use<> {
    let columns = vec![
        Column::text(t!(locale, "col-plan")),
        Column::num(t!(locale, "col-cost")),
        Column::num(t!(locale, "col-before")),
        Column::text(t!(locale, "col-source")),
        Column::text(t!(locale, "col-since")),
    ];
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = format!("/admin/costs/{}", row.key.plan);
            let plan = row.plan_name.get(locale).to_owned();
            let unit = unit(locale, &row.key, row.addon_name.as_ref());
            let before =
                row.before.map_or_else(|| "—".to_owned(), |cost| format::money(locale, cost));
            let (by, at) = (author(locale, &row.by), format::moment(locale, row.by.at));
            view! {
                <tr>
                    <RowHead sub=unit>
                        <a href=href>{plan}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-cost") num=true>
                        <Money text=format::money(locale, row.cost) />
                    </Cell>
                    <Cell label=t!(locale, "col-before") num=true>
                        <Money text=before />
                    </Cell>
                    <Cell label=t!(locale, "col-source")>{source(locale, row.source)}</Cell>
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
