//! A customer's licenses.

use leptos::prelude::*;
use portal::licenses::LicenseRow;
use portal::locale::Locale;

use super::{PAGE, Shown, before, frame, page, pager, server};
use crate::components::{
    ButtonKind, Cell, Column, DataTable, Empty, LinkButton, PageHead, Panel, RowHead, StatusPill,
};
use crate::context::Context;
use crate::{format, t};

/// `/my/licenses`
#[component]
pub fn Licenses() -> impl IntoView {
    page(licenses)
}

async fn licenses(cx: Context) -> Shown {
    let viewer = cx.customer()?;
    let listed =
        cx.portal.licenses(viewer, before(&cx), PAGE).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "licenses-title");
    let foot = pager(&cx, "", listed.next);
    let buy = move |kind| {
        view! {
            <LinkButton href="/catalog" kind=kind icon="plus">
                {t!(locale, "buy-a-license")}
            </LinkButton>
        }
        .into_any()
    };
    let empty = listed.rows.is_empty();
    let content = if empty {
        view! {
            <Panel>
                <Empty
                    icon="key-round"
                    title=t!(locale, "licenses-empty")
                    text=t!(locale, "licenses-empty-text")
                    action=buy(ButtonKind::Primary)
                />
            </Panel>
        }
        .into_any()
    } else {
        view! {
            <Panel flush=true foot=foot>
                {table(locale, listed.rows)}
            </Panel>
        }
        .into_any()
    };
    let actions = (!empty).then(|| buy(ButtonKind::Primary));
    let main = view! {
        <PageHead title=title.clone() actions=actions />
        {content}
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/licenses", main).await
}

fn table(locale: Locale, rows: Vec<LicenseRow>) -> impl IntoView {
    let columns = vec![
        Column::text(t!(locale, "col-license")),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-status")),
        Column::text(t!(locale, "col-paid-until")),
    ];
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = format!("/my/licenses/{}", row.id);
            let plan = row.plan.get(locale).to_owned();
            let (tone, status) = format::license_status(locale, row.status);
            let key = (!row.has_key).then(|| t!(locale, "license-key-soon"));
            let until = row
                .expires_on
                .map_or_else(|| t!(locale, "paid-until-unknown"), |day| format::day(locale, day));
            view! {
                <tr>
                    <RowHead sub=row.name>
                        <a href=href>{plan}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-server")>{server(locale, row.ip)}</Cell>
                    <Cell label=t!(locale, "col-status") sub=key>
                        <StatusPill tone=tone label=status />
                    </Cell>
                    <Cell label=t!(locale, "col-paid-until")>{until}</Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "licenses-title") columns=columns>
            {rows}
        </DataTable>
    }
}
