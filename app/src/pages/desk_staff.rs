//! Who works at the desk, and as what; for owners.

use leptos::prelude::*;
use portal::locale::Locale;
use portal::people::{Permission, StaffRole, StaffViewer};
use portal::staff::Member;

use super::{Shown, frame, page, refusal};
use crate::components::{
    ActionsCell, Badge, Cell, Column, DataTable, DefinitionGrid, Fact, Notice, PageHead, Panel,
    RowHead, SelectOption, StatusPill, Tone,
};
use crate::context::Context;
use crate::{format, t};

/// `/admin/staff`
#[component]
pub fn DeskStaff() -> impl IntoView {
    page(desk_staff)
}

async fn desk_staff(cx: Context) -> Shown {
    let staff = cx.staff_who_may(Permission::ManageStaff)?;
    let members = cx.portal.staff_members(staff).await.map_err(|error| match error {
        portal::staff::StaffError::Internal(error) => cx.failed(&error),
        _ => crate::api::ApiError::NotFound,
    })?;
    let locale = cx.locale;
    let title = t!(locale, "staff-title");
    let done = cx.query("done").filter(|_| cx.refused.is_none()).map(|_| {
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{t!(locale, "staff-done")}</p>
            </Notice>
        }
    });
    let lead = view! {
        {t!(locale, "staff-lead")}
        " "
        <code class="nowrap">"server create-admin"</code>
    }
    .into_any();
    let table = table(locale, staff, members);
    let main = view! {
        <PageHead title=title.clone() lead=lead />
        {done}
        {refusal(&cx, t!(locale, "staff-refused-title"))}
        <Panel flush=true>{table}</Panel>
        <Panel title=t!(locale, "staff-roles") id="roles">
            <DefinitionGrid>
                {StaffRole::ALL
                    .map(|role| {
                        view! {
                            <Fact label=role_name(
                                locale,
                                role,
                            )>{role_text(locale, role)}</Fact>
                        }
                    })}
            </DefinitionGrid>
        </Panel>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/staff", main))
}

fn role_name(locale: Locale, role: StaffRole) -> String {
    match role {
        StaffRole::Owner => t!(locale, "role-owner"),
        StaffRole::Support => t!(locale, "role-support"),
        StaffRole::Pricing => t!(locale, "role-pricing"),
        StaffRole::ReadOnly => t!(locale, "role-readonly"),
    }
}

fn role_text(locale: Locale, role: StaffRole) -> String {
    match role {
        StaffRole::Owner => t!(locale, "role-owner-text"),
        StaffRole::Support => t!(locale, "role-support-text"),
        StaffRole::Pricing => t!(locale, "role-pricing-text"),
        StaffRole::ReadOnly => t!(locale, "role-readonly-text"),
    }
}

fn table(locale: Locale, staff: &StaffViewer, members: Vec<Member>) -> impl IntoView + use<> {
    let owns = |member: &Member| member.role == StaffRole::Owner && member.disabled_at.is_none();
    let owners = members.iter().filter(|member| owns(member)).count();
    let own = staff.email.clone();
    let columns = vec![
        Column::text(t!(locale, "col-member")),
        Column::text(t!(locale, "col-last-seen")),
        Column::text(t!(locale, "col-role")),
        Column::actions(t!(locale, "staff-access")),
    ];
    let rows = members
        .into_iter()
        .map(|member| {
            let last_owner = owners == 1 && owns(&member);
            let you = (member.email == own).then(|| {
                view! {
                    " "
                    <Badge text=t!(locale, "staff-you") />
                }
            });
            let seen = member
                .last_seen_at
                .map_or_else(|| t!(locale, "never"), |at| format::moment(locale, at));
            let since =
                t!(locale, "member-since", day = format::day(locale, member.created_at.date()));
            let disabled = member.disabled_at.map(|_| {
                view! {
                    " "
                    <StatusPill tone=Tone::Danger icon="ban" label=t!(locale, "staff-disabled") />
                }
            });
            // What could only be refused is not offered.
            let (role, access) = if last_owner {
                let why = t!(locale, "staff-last-owner-stays");
                (
                    role_name(locale, member.role).into_any(),
                    view! { <span class="muted small">{why}</span> }.into_any(),
                )
            } else {
                (role_form(locale, &member).into_any(), access_form(locale, &member).into_any())
            };
            let email = member.email;
            view! {
                <tr>
                    <RowHead sub=since>
                        {email}
                        {you}
                        {disabled}
                    </RowHead>
                    <Cell label=t!(locale, "col-last-seen")>{seen}</Cell>
                    <Cell label=t!(locale, "col-role")>{role}</Cell>
                    <ActionsCell>{access}</ActionsCell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "staff-title") columns=columns>
            {rows}
        </DataTable>
    }
}

fn role_form(locale: Locale, member: &Member) -> impl IntoView + use<> {
    let current = member.role.as_str();
    let options = StaffRole::ALL
        .map(|role| SelectOption::new(role.as_str(), role_name(locale, role), current))
        .map(|option| {
            view! {
                <option value=option.value selected=option.selected>
                    {option.label}
                </option>
            }
        });
    let label = t!(locale, "staff-role-of", email = member.email.clone());
    view! {
        <form class="input-row" method="post" action="/admin/staff-role">
            <input type="hidden" name="member" value=member.id.to_string() />
            <input type="hidden" name="was" value=current />
            <select class="input" name="role" aria-label=label>
                {options}
            </select>
            <button class="btn" type="submit">
                {t!(locale, "save")}
            </button>
        </form>
    }
}

fn access_form(locale: Locale, member: &Member) -> impl IntoView + use<> {
    let (to, label, class) = if member.disabled_at.is_some() {
        ("false", t!(locale, "staff-enable"), "btn")
    } else {
        ("true", t!(locale, "staff-disable"), "btn btn-quiet btn-danger")
    };
    let name = format!("{label}: {}", member.email);
    view! {
        <form method="post" action="/admin/staff-access">
            <input type="hidden" name="member" value=member.id.to_string() />
            <input type="hidden" name="disabled" value=to />
            <button class=class type="submit" aria-label=name>
                {label}
            </button>
        </form>
    }
}
