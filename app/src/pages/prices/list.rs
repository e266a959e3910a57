//! Customer groups and their pricelists.

use leptos::prelude::*;
use portal::listing::{Cursor, Paging};
use portal::people::Permission;
use portal::pricing::{GROUP_SORTS, GROUPS_BY_CUSTOMERS, GROUPS_BY_NAME, Group, GroupSummary};

use super::{actor, author, group_name};
use crate::api::ApiError;
use crate::components::{
    Cell, Column, DataTable, Field, PageHead, Panel, RowHead, SelectField, SelectOption,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::pages::{DESK_PAGE, Shown, frame, page, refusal};
use crate::{format, t};

/// `/admin/pricelists`
#[component]
pub fn Pricelists() -> impl IntoView {
    page(pricelists)
}

async fn pricelists(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let asked = asked(&cx);
    let query = cx.portal.pricelists(staff, asked.value("q"), &asked.paging);
    let listed = asked.load(&cx, query).await?;
    let groups = cx.portal.groups(staff).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "pricelists-title");
    let form = staff.role.may(Permission::SetPrices).then(|| {
        let form = new_group(&cx, groups);
        view! {
            <Panel title=t!(locale, "group-new") id="new">
                {form}
            </Panel>
        }
    });
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-group"))}
        {asked.sort_field(locale)}
    }
    .into_any();
    // The public group is always there, so that the list is never empty by itself.
    let nothing = Nothing {
        icon: "tag",
        title: t!(locale, "list-no-match"),
        text: t!(locale, "list-no-match-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(&cx, &asked, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "pricelists-lead") />
        {refusal(&cx, t!(locale, "group-refused"))}
        {content}
        {form}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/pricelists", main))
}

fn asked(cx: &Context) -> Asked {
    let usual = Paging::first(GROUPS_BY_NAME, DESK_PAGE);
    Asked::read(cx, "/admin/pricelists", &["q"], &GROUP_SORTS, usual)
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "group",
    "name",
    "version",
    "published_at",
    "author",
    "being_changed_by",
    "not_sold",
    "customers",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let asked = asked(cx).for_export(after)?;
    let query = cx.portal.pricelists(staff, asked.value("q"), &asked.paging);
    let listed = asked.load(cx, query).await?;
    Ok(Chunk::of(listed, |list| {
        let drafts: Vec<String> = list.drafts.into_iter().filter_map(|by| by.author).collect();
        let (version, at, author) = match list.version {
            Some((number, by)) => {
                (Value::plain(&number), Value::time(by.at), Value::maybe(by.author))
            }
            None => (Value::empty(), Value::empty(), Value::empty()),
        };
        vec![
            Value::plain(&list.group.code),
            Value::text(list.group.name),
            version,
            at,
            author,
            Value::text(drafts.join(" ")),
            Value::plain(&list.unsold),
            Value::plain(&list.customers),
        ]
    }))
}

fn table(cx: &Context, asked: &Asked, lists: Vec<GroupSummary>) -> impl IntoView + use<> {
    let locale = cx.locale;
    let columns = vec![
        asked.sortable(GROUPS_BY_NAME, Column::text(t!(locale, "col-group"))),
        Column::text(t!(locale, "col-version")),
        Column::text(t!(locale, "col-drafts")),
        Column::num(t!(locale, "col-unsold")),
        asked.sortable(GROUPS_BY_CUSTOMERS, Column::num(t!(locale, "col-customers"))),
    ];
    let rows = lists
        .into_iter()
        .map(|list| {
            let href = format!("/admin/pricelists/{}", list.group.code);
            let remark = if list.group.is_public() {
                t!(locale, "group-public")
            } else {
                list.group.code.clone()
            };
            let (version, by) = match &list.version {
                Some((number, by)) => {
                    let number = *number;
                    let by = format!("{}, {}", format::moment(locale, by.at), author(locale, by));
                    (t!(locale, "version-number", number = number), Some(by))
                }
                None => ("—".to_owned(), None),
            };
            let drafts: Vec<String> = list.drafts.iter().map(|by| actor(locale, by)).collect();
            let drafts = if drafts.is_empty() { "—".to_owned() } else { drafts.join(", ") };
            let show_unsold = format!("{href}?show=unsold");
            let name = group_name(locale, &list.group);
            let paying = format!("/admin/customers?group={}", format::query(&list.group.code));
            let (unsold, customers) = (list.unsold.to_string(), list.customers.to_string());
            view! {
                <tr>
                    <RowHead sub=remark>
                        <a href=href>{name}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-version") sub=by>
                        {version}
                    </Cell>
                    <Cell label=t!(locale, "col-drafts")>{drafts}</Cell>
                    <Cell label=t!(locale, "col-unsold") num=true>
                        <a href=show_unsold>{unsold}</a>
                    </Cell>
                    <Cell label=t!(locale, "col-customers") num=true>
                        <a href=paying>{customers}</a>
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "pricelists-title") columns=columns>
            {rows}
        </DataTable>
    }
}

fn new_group(cx: &Context, groups: Vec<Group>) -> impl IntoView + use<> {
    let locale = cx.locale;
    let like = cx.typed("like").unwrap_or_else(|| portal::pricing::PUBLIC.to_owned());
    let groups = groups
        .into_iter()
        .map(|group| {
            let name = group_name(locale, &group);
            SelectOption::new(group.code, name, &like)
        })
        .collect();
    view! {
        <form class="form" method="post" action="/admin/pricelist_group">
            <div class="fields">
                <Field
                    label=t!(locale, "group-name")
                    name="name"
                    hint=t!(locale, "group-name-hint")
                    maxlength=80
                    autocomplete="off"
                    value=cx.typed("name")
                    error=cx.error_of("name")
                    required=true
                />
                <Field
                    label=t!(locale, "code")
                    name="code"
                    hint=t!(locale, "code-hint")
                    pattern="[a-z0-9\\-]{1,40}"
                    maxlength=40
                    autocomplete="off"
                    value=cx.typed("code")
                    error=cx.error_of("code")
                    required=true
                />
                <SelectField
                    label=t!(locale, "group-like")
                    name="like"
                    hint=t!(locale, "group-like-hint")
                    options=groups
                    error=cx.error_of("like")
                    required=true
                />
            </div>
            <div class="actions">
                <button class="btn btn-primary" type="submit">
                    {t!(locale, "group-create")}
                </button>
            </div>
        </form>
    }
}
