//! Who works at the desk, and as what; for owners.

use leptos::prelude::*;
use portal::listing::{Cursor, Listed, Paging};
use portal::locale::Locale;
use portal::people::{Permission, StaffRole, StaffViewer};
use portal::staff::{BY_EMAIL, Member, MemberFilter, SORTS, StaffError};

use super::{DESK_PAGE, Shown, frame, page, refusal};
use crate::api::ApiError;
use crate::components::{
    ActionsCell, Badge, Cell, Column, DataTable, DefinitionGrid, Fact, Notice, PageHead, Panel,
    RowHead, SelectOption, StatusPill, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/admin/staff`
#[component]
pub fn DeskStaff() -> impl IntoView {
    page(desk_staff)
}

async fn desk_staff(cx: Context) -> Shown {
    let staff = cx.staff_who_may(Permission::ManageStaff)?;
    let (asked, filter) = asked(&cx);
    let listed = members(&cx, staff, &asked, &filter).await?;
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
    let roles = StaffRole::ALL.map(|role| (role.as_str().to_owned(), role_name(locale, role)));
    let access = vec![
        ("no".to_owned(), t!(locale, "staff-enabled")),
        ("yes".to_owned(), t!(locale, "staff-disabled")),
    ];
    let fields = view! {
        {asked.search_field(locale, t!(locale, "field-email"))}
        {asked.select_field(locale, "role", t!(locale, "col-role"), roles.to_vec())}
        {asked.select_field(locale, "disabled", t!(locale, "staff-access"), access)}
        {asked.sort_field(locale)}
    }
    .into_any();
    // Whoever sees this is one of them.
    let nothing = Nothing {
        icon: "users",
        title: t!(locale, "list-no-match"),
        text: t!(locale, "list-no-match-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, &asked, staff, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() lead=lead />
        {done}
        {refusal(&cx, t!(locale, "staff-refused-title"))}
        {content}
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

fn asked(cx: &Context) -> (Asked, MemberFilter) {
    let usual = Paging::first(BY_EMAIL, DESK_PAGE);
    let mut asked = Asked::read(cx, "/admin/staff", &["q", "role", "disabled"], &SORTS, usual);
    let filter = MemberFilter {
        text: asked.value("q").map(str::to_owned),
        role: asked.parsed("role", StaffRole::from_word),
        disabled: asked.parsed("disabled", |word| match word {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }),
    };
    (asked, filter)
}

async fn members(
    cx: &Context,
    staff: &StaffViewer,
    asked: &Asked,
    filter: &MemberFilter,
) -> Result<Listed<Member>, ApiError> {
    let query = async {
        match cx.portal.staff_members(staff, filter, &asked.paging).await {
            Ok(listed) => Ok(listed),
            Err(StaffError::Internal(error)) => Err(error),
            // Whoever may not see it was sent away before.
            Err(_) => Ok(Listed::nothing()),
        }
    };
    asked.load(cx, query).await
}

/// The columns of the file.
pub const CSV: &[&str] = &["email", "user_id", "role", "created_at", "last_seen_at", "disabled_at"];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff_who_may(Permission::ManageStaff)?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = members(cx, staff, &asked, &filter).await?;
    Ok(Chunk::of(listed, |member| {
        vec![
            Value::text(member.email),
            Value::plain(&member.id),
            Value::plain(member.role.as_str()),
            Value::time(member.created_at),
            member.last_seen_at.map_or_else(Value::empty, Value::time),
            member.disabled_at.map_or_else(Value::empty, Value::time),
        ]
    }))
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

fn table(
    locale: Locale,
    asked: &Asked,
    staff: &StaffViewer,
    members: Vec<Member>,
) -> impl IntoView + use<> {
    let own = staff.email.clone();
    let columns = vec![
        asked.sortable(BY_EMAIL, Column::text(t!(locale, "col-member"))),
        Column::text(t!(locale, "col-last-seen")),
        Column::text(t!(locale, "col-role")),
        Column::actions(t!(locale, "staff-access")),
    ];
    let rows = members
        .into_iter()
        .map(|member| {
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
            let (role, access) = if member.last_owner {
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
