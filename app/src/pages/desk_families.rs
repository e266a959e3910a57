//! Families of products: the headings of the shop, in both languages.

use leptos::prelude::*;
use portal::catalog::{
    FAMILIES_BY_NAME, FAMILIES_BY_PLANS, FAMILIES_BY_SHELF, FAMILY_SORTS, FamilyRow,
};
use portal::listing::{Cursor, Key, Listed, Paging};
use portal::locale::{Locale, Localized};
use portal::people::Permission;

use super::desk_products::{both, done, in_both};
use super::{DESK_PAGE, Shown, frame, page, param, refusal};
use crate::api::ApiError;
use crate::components::{
    Breadcrumbs, Cell, Column, Crumb, DataTable, Field, LinkButton, PageHead, Panel, RowHead,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/admin/families`
#[component]
pub fn DeskFamilies() -> impl IntoView {
    page(families)
}

async fn families(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let locale = cx.locale;
    let asked = asked(&cx);
    let listed = listed(&cx, &asked).await?;
    let title = t!(locale, "families-title");
    let crumbs = vec![
        Crumb::link("/admin/products", t!(locale, "products-title")),
        Crumb::here(title.clone()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let new = staff.role.may(Permission::SetPrices).then(|| new_family(&cx));
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-group"))}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "store",
        title: t!(locale, "families-empty"),
        text: t!(locale, "families-empty-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, &asked, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "families-lead") crumbs=crumbs />
        {done(&cx)}
        {refusal(&cx, t!(locale, "product-refused"))}
        {content}
        {new}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/products", main))
}

fn asked(cx: &Context) -> Asked {
    let usual = Paging::first(FAMILIES_BY_SHELF, DESK_PAGE);
    Asked::read(cx, "/admin/families", &["q"], &FAMILY_SORTS, usual)
}

/// The families that the address asks for.
async fn listed(cx: &Context, asked: &Asked) -> Result<Listed<FamilyRow>, ApiError> {
    let mut rows = cx.portal.families(cx.staff()?).await.map_err(|error| cx.failed(&error))?;
    rows.retain(|family| asked.finds(&[&family.code, family.name.get(cx.locale)]));
    let sort = asked.paging.sort;
    // Rows that are otherwise alike keep the order of the catalogue.
    Ok(asked.cut(rows, |family| match sort {
        FAMILIES_BY_NAME => Key::Text(family.name.get(cx.locale).to_lowercase()),
        FAMILIES_BY_PLANS => Key::Number(family.plans),
        _ => Key::Number(0),
    }))
}

/// The columns of the file.
pub const CSV: &[&str] = &["family", "name", "summary", "plans"];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let asked = asked(cx).for_export(after)?;
    Ok(Chunk::of(listed(cx, &asked).await?, |family| {
        vec![
            Value::text(family.code),
            Value::text(family.name.get(cx.locale)),
            Value::text(family.summary.get(cx.locale)),
            Value::plain(&family.plans),
        ]
    }))
}

fn table(locale: Locale, asked: &Asked, families: Vec<FamilyRow>) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(FAMILIES_BY_NAME, Column::text(t!(locale, "product-family"))),
        Column::text(t!(locale, "family-summary")),
        asked.sortable(FAMILIES_BY_PLANS, Column::num(t!(locale, "products-title"))),
    ];
    let rows = families
        .into_iter()
        .map(|family| {
            let href = format!("/admin/families/{}", family.code);
            let plans = format!("/admin/products?family={}", format::query(&family.code));
            let name = family.name.get(locale).to_owned();
            let summary = family.summary.get(locale).to_owned();
            view! {
                <tr>
                    <RowHead>
                        <a href=href>{name}</a>
                        <span class="cell-sub mono">{family.code}</span>
                    </RowHead>
                    <td class="cell-text">{summary}</td>
                    <Cell label=t!(locale, "products-title") num=true>
                        <a href=plans>{family.plans.to_string()}</a>
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "families-title") columns=columns>
            {rows}
        </DataTable>
    }
}

fn new_family(cx: &Context) -> AnyView {
    let locale = cx.locale;
    let nothing = Localized::default();
    let name = both(cx, "name", in_both(locale, &t!(locale, "product-name")), &nothing, 1);
    let summary = both(cx, "summary", in_both(locale, &t!(locale, "family-summary")), &nothing, 2);
    let code = cx.typed("family").unwrap_or_default();
    let error = cx.error_of("code");
    view! {
        <Panel title=t!(locale, "family-new") id="new-family">
            <form class="form" method="post" action="/admin/family">
                <Field
                    label=t!(locale, "code")
                    name="family"
                    id="code"
                    hint=t!(locale, "code-hint")
                    maxlength=40
                    autocomplete="off"
                    value=code
                    error=error
                    required=true
                />
                {name}
                {summary}
                <div class="actions">
                    <button class="btn btn-primary" type="submit">
                        {t!(locale, "family-add")}
                    </button>
                </div>
            </form>
        </Panel>
    }
    .into_any()
}

/// `/admin/families/{family}`
#[component]
pub fn DeskFamilyPage() -> impl IntoView {
    page(family)
}

async fn family(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let code = param("family")?;
    let locale = cx.locale;
    let families = cx.portal.families(staff).await.map_err(|error| cx.failed(&error))?;
    let family =
        families.into_iter().find(|family| family.code == code).ok_or(ApiError::NotFound)?;
    let title = family.name.get(locale).to_owned();
    let crumbs = vec![
        Crumb::link("/admin/products", t!(locale, "products-title")),
        Crumb::link("/admin/families", t!(locale, "families-title")),
        Crumb::here(title.clone()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let name = both(&cx, "name", in_both(locale, &t!(locale, "product-name")), &family.name, 1);
    let about = in_both(locale, &t!(locale, "family-summary"));
    let summary = both(&cx, "summary", about, &family.summary, 2);
    let save = staff.role.may(Permission::SetPrices).then(|| {
        view! {
            <div class="actions">
                <button class="btn btn-primary" type="submit">
                    {t!(locale, "product-save")}
                </button>
                <LinkButton href="/admin/families">{t!(locale, "rule-cancel")}</LinkButton>
            </div>
        }
    });
    let (code, version) = (family.code.clone(), family.version.to_string());
    let plans = format!("/admin/products?family={}", format::query(&family.code));
    let actions =
        view! { <LinkButton href=plans>{t!(locale, "family-products")}</LinkButton> }.into_any();
    let lead = format!("{} {}: ", t!(locale, "family-lead"), t!(locale, "code"));
    let lead = view! {
        {lead}
        <code>{code}</code>
    }
    .into_any();
    let main = view! {
        <PageHead title=title.clone() lead=lead crumbs=crumbs actions=actions />
        {refusal(&cx, t!(locale, "product-refused"))}
        <Panel>
            <form class="form" method="post" action="/admin/family">
                <input type="hidden" name="family" value=family.code />
                <input type="hidden" name="version" value=version />
                {name}
                {summary}
                {save}
            </form>
        </Panel>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/products", main))
}
