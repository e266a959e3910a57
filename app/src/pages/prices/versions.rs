//! What was published, and bringing it back.

use leptos::prelude::*;
use portal::audit::ActorFilter;
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;
use portal::people::Permission;
use portal::pricing::{
    PUBLIC, VERSION_SORTS, VERSIONS_BY_NUMBER, VersionFilter, VersionRow, VersionView,
};

use super::review::changes;
use super::{Names, actor, author, crumbs, group_name};
use crate::api::ApiError;
use crate::components::{
    Cell, Column, Crumb, DataTable, Notice, PageHead, Panel, RowHead, StatusPill, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
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
    let (asked, filter) = asked(&cx, &group.code);
    let query = cx.portal.pricelist_versions(staff, &group.code, &filter, &asked.paging);
    let listed = asked.load(&cx, query).await?;
    let names = cx.portal.staff_names(staff).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let (word, name) = (t!(locale, "versions-title"), group_name(locale, &group));
    let title = format!("{word}: {name}");
    let address = format!("/admin/pricelists/{}", group.code);
    let crumbs = crumbs(
        locale,
        vec![
            Crumb::link("/admin/pricelists", t!(locale, "pricelists-title")),
            Crumb::link(address.clone(), name),
            Crumb::here(word),
        ],
    );
    let mut authors = vec![(NOBODY.to_owned(), t!(locale, "audit-nobody"))];
    authors.extend(names.into_iter().map(|(id, email)| (id.to_string(), email)));
    let fields = view! {
        {asked.select_field(locale, "author", t!(locale, "col-author"), authors)}
        {asked.day_fields(locale)}
        {asked.sort_field(locale)}
    }
    .into_any();
    // A group has a version from its beginning.
    let nothing = Nothing {
        icon: "history",
        title: t!(locale, "list-no-match"),
        text: t!(locale, "list-no-match-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, &asked, &address, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "versions-lead") crumbs=crumbs />
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/pricelists", main))
}

/// The word for nobody in addresses.
const NOBODY: &str = "portal";

fn asked(cx: &Context, group: &str) -> (Asked, VersionFilter) {
    let usual = Paging::first(VERSIONS_BY_NUMBER, DESK_PAGE);
    let path = format!("/admin/pricelists/{group}/versions");
    let mut asked = Asked::read(cx, &path, &["author", "from", "to"], &VERSION_SORTS, usual);
    asked.file_at("/admin/versions.csv", "group", group.to_owned());
    let filter = VersionFilter {
        author: asked.parsed("author", |word| match word {
            NOBODY => Some(ActorFilter::Nobody),
            id => id.parse().ok().map(ActorFilter::User),
        }),
        days: asked.days(),
    };
    (asked, filter)
}

/// The columns of the file.
pub const CSV: &[&str] =
    &["group", "version", "published_at", "author", "note", "restored_from", "rules", "in_force"];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let code = cx.query("group").unwrap_or_else(|| PUBLIC.to_owned());
    let found = cx.portal.group(staff, &code).await.map_err(|error| cx.failed(&error))?;
    let group = found.ok_or(ApiError::NotFound)?;
    let (asked, filter) = asked(cx, &group.code);
    let asked = asked.for_export(after)?;
    let query = cx.portal.pricelist_versions(staff, &group.code, &filter, &asked.paging);
    let listed = asked.load(cx, query).await?;
    Ok(Chunk::of(listed, |VersionRow { info, in_force }| {
        vec![
            Value::plain(&group.code),
            Value::plain(&info.version),
            Value::time(info.by.at),
            Value::maybe(info.by.author),
            Value::maybe(info.note),
            info.restored_from.map_or_else(Value::empty, |from| Value::plain(&from)),
            Value::plain(&info.rules),
            Value::plain(&in_force),
        ]
    }))
}

fn table(
    locale: Locale,
    asked: &Asked,
    address: &str,
    rows: Vec<VersionRow>,
) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(VERSIONS_BY_NUMBER, Column::text(t!(locale, "col-version"))),
        Column::text(t!(locale, "col-author")),
        Column::text(t!(locale, "col-note")),
        Column::num(t!(locale, "col-rules")),
    ];
    let rows = rows
        .into_iter()
        .map(|VersionRow { info, in_force }| {
            let href = format!("{address}/versions/{}", info.version);
            let name = t!(locale, "version-number", number = info.version);
            let in_force = in_force.then(|| {
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
    let word = t!(locale, "version-number", number = number);
    let name = group_name(locale, &found.group);
    let title = format!("{word}: {name}");
    let address = format!("/admin/pricelists/{}", found.group.code);
    let crumbs = crumbs(
        locale,
        vec![
            Crumb::link("/admin/pricelists", t!(locale, "pricelists-title")),
            Crumb::link(address.clone(), name),
            Crumb::link(format!("{address}/versions"), t!(locale, "versions-title")),
            Crumb::here(word),
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
