//! Customer groups and their pricelists.

use leptos::prelude::*;
use portal::people::Permission;
use portal::pricing::GroupSummary;

use super::{actor, author};
use crate::components::{
    Cell, Column, DataTable, Field, PageHead, Panel, RowHead, SelectField, SelectOption,
};
use crate::context::Context;
use crate::pages::{Shown, frame, page, refusal};
use crate::{format, t};

/// `/admin/pricelists`
#[component]
pub fn Pricelists() -> impl IntoView {
    page(pricelists)
}

async fn pricelists(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let lists = cx.portal.pricelists(staff).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "pricelists-title");
    let form = staff.role.may(Permission::SetPrices).then(|| {
        let form = new_group(&cx, &lists);
        view! {
            <Panel title=t!(locale, "group-new") id="new">
                {form}
            </Panel>
        }
    });
    let table = table(&cx, lists);
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "pricelists-lead") />
        {refusal(&cx, t!(locale, "group-refused"))}
        <Panel flush=true>{table}</Panel>
        {form}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/pricelists", main))
}

fn table(cx: &Context, lists: Vec<GroupSummary>) -> impl IntoView + use<> {
    let locale = cx.locale;
    let columns = vec![
        Column::text(t!(locale, "col-group")),
        Column::text(t!(locale, "col-version")),
        Column::text(t!(locale, "col-drafts")),
        Column::num(t!(locale, "col-unsold")),
        Column::num(t!(locale, "col-customers")),
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
            let name = list.group.name;
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
                        {customers}
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

fn new_group(cx: &Context, lists: &[GroupSummary]) -> impl IntoView + use<> {
    let locale = cx.locale;
    let like = cx.typed("like").unwrap_or_else(|| portal::pricing::PUBLIC.to_owned());
    let groups = lists
        .iter()
        .map(|list| SelectOption::new(&list.group.code, &list.group.name, &like))
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
                    label=t!(locale, "group-code")
                    name="code"
                    hint=t!(locale, "group-code-hint")
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
