//! What was published, and bringing it back.

use leptos::prelude::*;
use portal::locale::Locale;
use portal::people::Permission;
use portal::pricing::{VersionInfo, VersionView};

use super::review::changes;
use super::{Names, actor, author, before, crumbs, pager};
use crate::api::ApiError;
use crate::components::{
    Cell, Column, Crumb, DataTable, Notice, PageHead, Panel, RowHead, StatusPill, Tone,
};
use crate::context::Context;
use crate::pages::{DESK_PAGE, Shown, frame, page, param};
use crate::{format, t};

/// `/admin/pricelists/{group}/versions`
#[component]
pub fn PricelistVersions() -> impl IntoView {
    page(versions)
}

/// `/admin/pricelists/{group}/versions/{version}`
#[component]
pub fn PricelistVersionPage() -> impl IntoView {
    page(version)
}

async fn versions(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let code = param("group")?;
    let found = cx.portal.group(staff, &code).await.map_err(|error| cx.failed(&error))?;
    let group = found.ok_or(ApiError::NotFound)?;
    let cursor = before::<i32>(&cx);
    let (rows, next) = cx
        .portal
        .pricelist_versions(staff, &code, cursor, DESK_PAGE)
        .await
        .map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "versions-title");
    let address = format!("/admin/pricelists/{}", group.code);
    let crumbs = crumbs(
        locale,
        vec![
            Crumb::link("/admin/pricelists", t!(locale, "pricelists-title")),
            Crumb::link(address.clone(), group.name),
            Crumb::here(title.clone()),
        ],
    );
    let newest = cursor.is_none();
    let foot = pager(&cx, next);
    let table = table(locale, &address, newest, rows);
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "versions-lead") crumbs=crumbs />
        <Panel flush=true foot=foot>
            {table}
        </Panel>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/pricelists", main))
}

fn table(
    locale: Locale,
    address: &str,
    newest: bool,
    rows: Vec<VersionInfo>,
) -> impl IntoView + use<> {
    let columns = vec![
        Column::text(t!(locale, "col-version")),
        Column::text(t!(locale, "col-author")),
        Column::text(t!(locale, "col-note")),
        Column::num(t!(locale, "col-rules")),
    ];
    let rows = rows
        .into_iter()
        .enumerate()
        .map(|(place, info)| {
            let href = format!("{address}/versions/{}", info.version);
            let name = t!(locale, "version-number", number = info.version);
            let in_force = (newest && place == 0).then(|| {
                view! {
                    " "
                    <StatusPill tone=Tone::Success label=t!(locale, "version-in-force") />
                }
            });
            let restored =
                info.restored_from.map(|from| t!(locale, "version-restored", version = from));
            let by = actor(locale, &info.by);
            let note = info.note.unwrap_or_else(|| "—".to_owned());
            let rules = info.rules.to_string();
            view! {
                <tr>
                    <RowHead sub=format::moment(locale, info.by.at)>
                        <a href=href>{name}</a>
                        {in_force}
                    </RowHead>
                    <Cell label=t!(locale, "col-author")>{by}</Cell>
                    <Cell label=t!(locale, "col-note") sub=restored>
                        {note}
                    </Cell>
                    <Cell label=t!(locale, "col-rules") num=true>
                        {rules}
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "versions-title") columns=columns>
            {rows}
        </DataTable>
    }
}

async fn version(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let code = param("group")?;
    let number: i32 = param("version")?.parse().map_err(|_| ApiError::NotFound)?;
    let found = cx
        .portal
        .pricelist_version(staff, &code, number)
        .await
        .map_err(|error| cx.failed(&error))?
        .ok_or(ApiError::NotFound)?;
    let locale = cx.locale;
    let title = t!(locale, "version-number", number = number);
    let address = format!("/admin/pricelists/{}", found.group.code);
    let crumbs = crumbs(
        locale,
        vec![
            Crumb::link("/admin/pricelists", t!(locale, "pricelists-title")),
            Crumb::link(address.clone(), found.group.name.clone()),
            Crumb::link(format!("{address}/versions"), t!(locale, "versions-title")),
            Crumb::here(title.clone()),
        ],
    );
    let by = author(locale, &found.info.by);
    let at = format::moment(locale, found.info.by.at);
    let subtitle = t!(locale, "version-lead", at = at, author = by);
    let in_force = found.current == number;
    let may = staff.role.may(Permission::SetPrices);
    let actions = (!in_force && may).then(|| restore_button(&cx, &found).into_any());
    let note = found.info.note.clone().map(|note| {
        view! {
            <Notice tone=Tone::Info>
                <p>{note}</p>
            </Notice>
        }
    });
    let status = in_force.then(|| {
        let label = t!(locale, "version-in-force");
        view! { <StatusPill tone=Tone::Success label=label /> }.into_any()
    });
    let difference = (!in_force).then(|| changes(&cx, &found.changes));
    let main = view! {
        <PageHead
            title=title.clone()
            subtitle=subtitle
            status=status
            crumbs=crumbs
            actions=actions
        />
        {note}
        {rules(locale, &found)}
        {difference}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/pricelists", main))
}

fn restore_button(cx: &Context, found: &VersionView) -> impl IntoView + use<> {
    view! {
        <form method="post" action="/admin/pricelist_restore">
            <input type="hidden" name="group" value=found.group.code.clone() />
            <input type="hidden" name="version" value=found.info.version.to_string() />
            <button class="btn btn-primary" type="submit">
                {t!(cx.locale, "version-restore")}
            </button>
        </form>
    }
}

fn rules(locale: Locale, found: &VersionView) -> impl IntoView + use<> {
    let names = Names { locale, families: &found.families, rows: &found.rows };
    let title = t!(locale, "rules-title");
    let columns = vec![Column::text(t!(locale, "col-rule")), Column::text(t!(locale, "col-sets"))];
    let rows = found
        .list
        .rules
        .iter()
        .enumerate()
        .map(|(place, rule)| {
            let scope = format!("{}. {}", place + 1, names.scope(rule));
            let markup = names.markup(rule);
            view! {
                <tr>
                    <RowHead>{scope}</RowHead>
                    <Cell label=t!(locale, "col-sets")>{markup}</Cell>
                </tr>
            }
        })
        .collect_view();
    let least = format::percent(locale, found.list.minimum_margin);
    let mut roundings = vec![super::rounding(locale, found.list.rounding)];
    roundings.extend(found.list.roundings.iter().map(|(currency, rounding)| {
        format!("{}: {}", currency.code(), super::rounding(locale, *rounding))
    }));
    let settings = t!(locale, "version-settings", margin = least, rounding = roundings.join(", "));
    let foot = view! { <p class="fine">{settings}</p> }.into_any();
    view! {
        <Panel title=title.clone() id="rules" flush=true foot=foot>
            <DataTable caption=title columns=columns>
                {rows}
            </DataTable>
        </Panel>
    }
}
