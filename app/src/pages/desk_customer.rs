//! One customer, for the staff: who they are, their money, what they bought, and changing it.

use domain::{Currency, Money};
use ledger::Balance;
use leptos::prelude::*;
use portal::audit::{self, AuditFilter};
use portal::customers::CustomerDetail;
use portal::licenses::{self, LicenseFilter};
use portal::listing::Paging;
use portal::locale::Locale;
use portal::orders::{self, OrderFilter};
use portal::people::{Permission, StaffViewer};
use portal::pricing::Group;
use portal::random;
use uuid::Builder;

use super::desk_customers::license_count;
use super::prices::group_name;
use super::{Shown, desk_audit, desk_licenses, frame, id_param, page, refusal};
use crate::api::ApiError;
use crate::components::{
    Breadcrumbs, Crumb, Disclosure, Field, LinkButton, Notice, PageHead, Panel, SelectField,
    SelectOption, Stat, Stats, StatusPill, TextArea, Tone,
};
use crate::context::Context;
use crate::{format, t};

/// How many orders, licenses and changes the page shows.
const RECENT: u16 = 5;

/// `/admin/customers/{id}`
#[component]
pub fn DeskCustomerPage() -> impl IntoView {
    page(customer)
}

async fn customer(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let id = id_param()?;
    let failed = |error| cx.failed(&error);
    let detail = cx.portal.customer(staff, id).await.map_err(failed)?.ok_or(ApiError::NotFound)?;
    let groups = cx.portal.groups(staff).await.map_err(failed)?;
    let history = history(&cx, staff, &detail).await?;
    let locale = cx.locale;
    let row = &detail.row;
    let title = row.name.clone();
    let crumbs = vec![
        Crumb::link("/admin/customers", t!(locale, "desk-customers-title")),
        Crumb::here(title.clone()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let status = if row.blocked_at.is_some() {
        let label = t!(locale, "customer-blocked");
        view! { <StatusPill tone=Tone::Danger icon="ban" label=label /> }.into_any()
    } else {
        let label = t!(locale, "customer-open");
        view! { <StatusPill tone=Tone::Success label=label /> }.into_any()
    };
    let number = t!(locale, "customer-number", number = row.number);
    let joined = format::day(locale, row.joined.date());
    let subtitle = t!(locale, "customer-subtitle", number = number, joined = joined);
    let href = format!("/admin/operations?customer={}", row.number);
    let wallet = format!("/admin/customers/{id}/wallet");
    let ways = view! {
        <LinkButton href=wallet icon="receipt">
            {t!(locale, "statement-title")}
        </LinkButton>
        <LinkButton href=href icon="list">
            {t!(locale, "nav-operations")}
        </LinkButton>
    }
    .into_any();
    let main = view! {
        <PageHead
            title=title.clone()
            subtitle=subtitle
            status=status
            crumbs=crumbs
            actions=ways
        />
        {done(&cx)}
        {refusal(&cx, t!(locale, "customer-refused-title"))}
        {stats(locale, &detail)}
        <div class="columns">
            <div class="column">
                {credit(&cx, staff, &detail)}
                {history}
            </div>
            <div class="column">
                {users(locale, &detail)}
                {profile(&cx, staff, &detail)}
                {group(&cx, staff, &detail, groups)}
                {limits(&cx, staff, &detail)}
                {access(&cx, staff, &detail)}
            </div>
        </div>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/customers", main))
}

/// What the last form did.
fn done(cx: &Context) -> Option<AnyView> {
    let locale = cx.locale;
    let text = match cx.query("done").filter(|_| cx.refused.is_none())?.as_str() {
        "credit" => t!(locale, "credit-done"),
        "limit" => t!(locale, "limit-done"),
        "name" => t!(locale, "customer-done-name"),
        "group" => t!(locale, "customer-done-group"),
        "blocked" => t!(locale, "customer-done-blocked"),
        "unblocked" => t!(locale, "customer-done-unblocked"),
        _ => return None,
    };
    Some(
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{text}</p>
            </Notice>
        }
        .into_any(),
    )
}

fn stats(locale: Locale, detail: &CustomerDetail) -> AnyView {
    let row = &detail.row;
    let licenses = license_count(row.licenses);
    let href = format!("/admin/licenses?customer={}", row.number);
    let wallet = |balance: &Balance| {
        let code = balance.available.currency().code();
        // The statement has no tabs where there is one currency; it understands the name all the same.
        format!("/admin/customers/{}/wallet?currency={code}", row.id)
    };
    let money = row
        .balances
        .iter()
        .map(|balance| {
            let credit = (!balance.credit_limit.is_zero()).then(|| {
                let limit = format::money(locale, balance.credit_limit);
                view! { <Stat label=t!(locale, "wallet-credit") value=limit /> }
            });
            view! {
                <Stat
                    label=t!(locale, "wallet-available")
                    value=format::money(locale, balance.available)
                    href=wallet(balance)
                />
                <Stat
                    label=t!(locale, "wallet-held")
                    value=format::money(locale, balance.held)
                />
                {credit}
            }
        })
        .collect_view();
    let none = row.balances.is_empty().then(|| {
        view! {
            <Stat
                label=t!(locale, "wallet-available")
                value=format::money(locale, Money::zero(Currency::EUR))
                hint=t!(locale, "customer-no-wallet")
            />
        }
    });
    view! {
        <Stats>
            {money}
            {none}
            <Stat label=t!(locale, "col-licenses") value=licenses href=href />
        </Stats>
    }
    .into_any()
}

/// The newest orders, licenses and changes, each with a way to all of them.
async fn history(
    cx: &Context,
    staff: &StaffViewer,
    detail: &CustomerDetail,
) -> Result<AnyView, ApiError> {
    let locale = cx.locale;
    let failed = |error| cx.failed(&error);
    let number = detail.row.number;
    let filter = OrderFilter { customer: Some(number), ..OrderFilter::default() };
    let newest = Paging::first(orders::BY_TIME, RECENT);
    let orders = cx.portal.desk_orders(staff, &filter, &newest).await.map_err(failed)?.rows;
    let orders: Vec<_> = orders.into_iter().map(|order| order.row).collect();
    let filter = LicenseFilter { customer: Some(number), ..LicenseFilter::default() };
    let newest = Paging::first(licenses::BY_NUMBER, RECENT);
    let licenses = cx.portal.desk_licenses(staff, &filter, &newest).await.map_err(failed)?.rows;
    let filter = AuditFilter { object: Some(detail.row.id), ..AuditFilter::default() };
    let newest = Paging::first(audit::BY_TIME, RECENT);
    let lines = cx.portal.audit(staff, &filter, &newest).await.map_err(failed)?.rows;
    let orders = (!orders.is_empty())
        .then(|| super::orders::table(locale, None, "/admin/orders", orders).into_any());
    let licenses =
        (!licenses.is_empty()).then(|| desk_licenses::table(locale, None, licenses).into_any());
    let lines = (!lines.is_empty()).then(|| desk_audit::table(locale, None, lines).into_any());
    if orders.is_none() && licenses.is_none() && lines.is_none() {
        let text = t!(locale, "customer-no-history");
        return Ok(view! {
            <Panel title=t!(locale, "desk-order-history") id="history">
                <p class="muted">{text}</p>
            </Panel>
        }
        .into_any());
    }
    let words = [
        (
            "orders",
            t!(locale, "desk-orders-title"),
            format!("/admin/orders?customer={number}"),
            orders,
        ),
        (
            "licenses",
            t!(locale, "desk-licenses-title"),
            format!("/admin/licenses?customer={number}"),
            licenses,
        ),
        (
            "changes",
            t!(locale, "audit-title"),
            format!("/admin/audit?object={}", detail.row.id),
            lines,
        ),
    ];
    Ok(words
        .map(|(id, title, href, table)| {
            let all = table
                .is_some()
                .then(|| view! { <a href=href>{t!(locale, "show-all")}</a> }.into_any());
            let flush = table.is_some();
            let content = table.unwrap_or_else(|| {
                view! { <p class="muted">{t!(locale, "none-yet")}</p> }.into_any()
            });
            view! {
                <Panel title=title id=id flush=flush actions=all>
                    {content}
                </Panel>
            }
        })
        .into_any())
}

/// What every form of this page carries: whom it changes, and in which version.
fn expected(detail: &CustomerDetail) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="customer" value=detail.row.id.to_string() />
        <input type="hidden" name="version" value=detail.version.to_string() />
    }
}

fn profile(cx: &Context, staff: &StaffViewer, detail: &CustomerDetail) -> Option<AnyView> {
    if !staff.role.may(Permission::ManageCustomers) {
        return None;
    }
    let locale = cx.locale;
    let name = cx.typed("name").unwrap_or_else(|| detail.row.name.clone());
    let (expected, error) = (expected(detail), cx.error_of("name"));
    Some(
        view! {
            <Panel title=t!(locale, "customer-profile") id="profile">
                <form class="form" method="post" action="/admin/customer-name">
                    {expected}
                    <Field
                        label=t!(locale, "customer-name")
                        name="name"
                        autocomplete="off"
                        maxlength=200
                        value=name
                        error=error
                        required=true
                    />
                    <div class="actions">
                        <button class="btn" type="submit">
                            {t!(locale, "save")}
                        </button>
                    </div>
                </form>
            </Panel>
        }
        .into_any(),
    )
}

fn group(
    cx: &Context,
    staff: &StaffViewer,
    detail: &CustomerDetail,
    groups: Vec<Group>,
) -> AnyView {
    let locale = cx.locale;
    let content = if staff.role.may(Permission::SetPrices) {
        let current = cx.typed("group").unwrap_or_else(|| detail.row.group.code.clone());
        let options = groups
            .into_iter()
            .map(|group| {
                let name = group_name(locale, &group);
                SelectOption::new(group.code, name, &current)
            })
            .collect();
        view! {
            <form class="form" method="post" action="/admin/customer-group">
                {expected(detail)}
                <SelectField
                    label=t!(locale, "col-group")
                    name="group"
                    options=options
                    hint=t!(locale, "customer-group-hint")
                    error=cx.error_of("group")
                    required=true
                />
                <div class="actions">
                    <button class="btn" type="submit">
                        {t!(locale, "save")}
                    </button>
                </div>
            </form>
        }
        .into_any()
    } else {
        view! { <p>{group_name(locale, &detail.row.group)}</p> }.into_any()
    };
    view! {
        <Panel title=t!(locale, "customer-prices") id="prices">
            {content}
        </Panel>
    }
    .into_any()
}

fn users(locale: Locale, detail: &CustomerDetail) -> impl IntoView + use<> {
    let users = detail
        .users
        .iter()
        .map(|user| {
            let seen = user.last_seen_at.map_or_else(
                || t!(locale, "user-never-seen"),
                |at| t!(locale, "user-seen", at = format::moment(locale, at)),
            );
            let proved = if user.email_verified {
                t!(locale, "user-verified")
            } else {
                t!(locale, "user-unverified")
            };
            let email = user.email.clone();
            view! {
                <li>
                    <p>{email}</p>
                    <p class="muted small">{format!("{proved} {seen}")}</p>
                </li>
            }
        })
        .collect_view();
    view! {
        <Panel title=t!(locale, "customer-users") id="users">
            <ul class="people">{users}</ul>
        </Panel>
    }
}

fn credit(cx: &Context, staff: &StaffViewer, detail: &CustomerDetail) -> AnyView {
    let locale = cx.locale;
    let content = if staff.role.may(Permission::CreditWallet) {
        credit_form(cx, detail).into_any()
    } else {
        view! { <p class="muted">{t!(locale, "credit-forbidden")}</p> }.into_any()
    };
    view! {
        <Panel title=t!(locale, "credit-title") id="credit">
            {content}
        </Panel>
    }
    .into_any()
}

fn credit_form(cx: &Context, detail: &CustomerDetail) -> impl IntoView + use<> {
    let locale = cx.locale;
    // Made with the form: however often it is sent, it is one credit.
    let id = Builder::from_random_bytes(random::bytes()).into_uuid();
    let codes = detail.currencies.iter().map(Currency::code);
    let chosen = cx.typed("currency").unwrap_or_default();
    // Where the money stands before it moves.
    let held = detail.row.balances.iter().map(|balance| balance.available);
    let now = match held.map(|available| format::money(locale, available)).collect::<Vec<_>>() {
        none if none.is_empty() => format::money(locale, Money::zero(Currency::EUR)),
        all => all.join(", "),
    };
    let currencies = codes.map(|code| SelectOption::new(code, code, &chosen)).collect();
    view! {
        <form class="form" method="post" action="/admin/credit">
            <input type="hidden" name="customer" value=detail.row.id.to_string() />
            <input type="hidden" name="id" value=id.to_string() />
            <p class="muted">{t!(locale, "credit-now", balance = now)}</p>
            <div class="pair">
                <Field
                    label=t!(locale, "credit-amount")
                    name="amount"
                    inputmode="decimal"
                    autocomplete="off"
                    maxlength=16
                    hint=t!(locale, "credit-amount-hint")
                    value=cx.typed("amount")
                    error=cx.error_of("amount")
                    required=true
                />
                <SelectField
                    label=t!(locale, "credit-currency")
                    name="currency"
                    options=currencies
                    error=cx.error_of("currency")
                    required=true
                />
            </div>
            <TextArea
                label=t!(locale, "credit-reason")
                name="reason"
                hint=t!(locale, "credit-reason-hint")
                value=cx.typed("reason")
                error=cx.error_of("reason")
                rows=2
                required=true
            />
            <div class="actions">
                <button class="btn btn-primary" type="submit">
                    {t!(locale, "credit-button")}
                </button>
            </div>
        </form>
    }
}

/// How far below zero each wallet may go; the main one may have no movements yet.
fn limits(cx: &Context, staff: &StaffViewer, detail: &CustomerDetail) -> Option<AnyView> {
    if !staff.role.may(Permission::GrantCredit) {
        return None;
    }
    let locale = cx.locale;
    let limits = detail.currencies.iter().map(|&currency| {
        let mut known = detail.row.balances.iter().map(|balance| balance.credit_limit);
        known.find(|limit| limit.currency() == currency).unwrap_or(Money::zero(currency))
    });
    let forms = limits.map(|limit| limit_form(cx, detail, limit)).collect_view();
    Some(
        view! {
            <Panel title=t!(locale, "wallet-credit") id="limits">
                <div class="stack">{forms}</div>
            </Panel>
        }
        .into_any(),
    )
}

fn limit_form(cx: &Context, detail: &CustomerDetail, now: Money) -> impl IntoView + use<> {
    let locale = cx.locale;
    let code = now.currency().code();
    let id = |name: &str| format!("{name}-{code}");
    let typed = cx.typed(&id("limit"));
    // Rarely wanted, so it unfolds; a refused form is open again.
    let open = typed.is_some();
    let shown = if now.is_zero() {
        t!(locale, "limit-none", currency = code)
    } else {
        t!(locale, "limit-now", limit = format::money(locale, now))
    };
    let form = view! {
            <form class="form" method="post" action="/admin/credit-limit">
                <input type="hidden" name="customer" value=detail.row.id.to_string() />
                <input type="hidden" name="currency" value=code />
                <input type="hidden" name="seen" value=now.to_plain() />
                <Field
                    label=t!(locale, "limit-amount", currency = code)
                    name="limit"
                    id=id("limit")
                    inputmode="decimal"
                    autocomplete="off"
                    maxlength=16
                    hint=t!(locale, "limit-hint")
                    value=typed.unwrap_or_else(|| now.to_plain())
                    error=cx.error_of(&id("limit"))
                    required=true
                />
                <TextArea
                    label=t!(locale, "limit-reason")
                    name="reason"
                    id=id("why-limit")
                    hint=t!(locale, "block-reason-hint")
                    value=cx.typed(&id("why-limit"))
                    error=cx.error_of(&id("why-limit"))
                    rows=2
                    required=true
                />
                <div class="actions">
                    <button class="btn" type="submit">
                        {t!(locale, "limit-button")}
                    </button>
                </div>
            </form>
    };
    view! {
        <Disclosure summary=shown open=open>
            {form}
        </Disclosure>
    }
}

fn access(cx: &Context, staff: &StaffViewer, detail: &CustomerDetail) -> Option<AnyView> {
    if !staff.role.may(Permission::ManageCustomers) {
        return None;
    }
    let locale = cx.locale;
    let (text, button, class) = match detail.row.blocked_at {
        Some(at) => (
            t!(locale, "unblock-text", at = format::moment(locale, at)),
            t!(locale, "unblock-button"),
            "btn",
        ),
        None => (t!(locale, "block-text"), t!(locale, "block-button"), "btn btn-danger"),
    };
    let blocked = detail.row.blocked_at.is_none().to_string();
    let (expected, typed, error) = (expected(detail), cx.typed("why"), cx.error_of("why"));
    // Rarely wanted, so it unfolds; a refused form is open again.
    let open = detail.row.blocked_at.is_some() || cx.typed("why").is_some();
    Some(
        view! {
            <Panel title=t!(locale, "customer-access") id="access">
                <Disclosure summary=button.clone() open=open>
                <form class="form" method="post" action="/admin/customer-access">
                    <p>{text}</p>
                    {expected}
                    <input type="hidden" name="blocked" value=blocked />
                    <TextArea
                        label=t!(locale, "block-reason")
                        name="why"
                        hint=t!(locale, "block-reason-hint")
                        value=typed
                        error=error
                        rows=2
                        required=true
                    />
                    <div class="actions">
                        <button class=class type="submit">
                            {button}
                        </button>
                    </div>
                </form>
                </Disclosure>
            </Panel>
        }
        .into_any(),
    )
}
