//! All customers, for the staff.

use domain::{Currency, Money};
use ledger::Balance;
use leptos::prelude::*;
use portal::customers::{BY_NAME, BY_NUMBER, COUNTED, CustomerFilter, CustomerRow, SORTS};
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;

use super::prices::group_name;
use super::{DESK_PAGE, Shown, frame, page};
use crate::api::ApiError;
use crate::components::{Cell, Column, DataTable, PageHead, RowHead, StatusPill, Tone};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/admin/customers`
#[component]
pub fn DeskCustomers() -> impl IntoView {
    page(customers)
}

async fn customers(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.customers(staff, &filter, &asked.paging)).await?;
    let groups = cx.portal.groups(staff).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "desk-customers-title");
    let groups =
        groups.into_iter().map(|group| (group.code.clone(), group_name(locale, &group))).collect();
    let access = vec![
        ("no".to_owned(), t!(locale, "customer-open")),
        ("yes".to_owned(), t!(locale, "customer-blocked")),
    ];
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-desk-customer"))}
        {asked.select_field(locale, "group", t!(locale, "col-group"), groups)}
        {asked.select_field(locale, "blocked", t!(locale, "filter-blocked"), access)}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "users",
        title: t!(locale, "desk-customers-empty"),
        text: t!(locale, "desk-customers-empty-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, &asked, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "desk-customers-lead") />
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/customers", main))
}

fn asked(cx: &Context) -> (Asked, CustomerFilter) {
    let names = ["q", "group", "blocked"];
    let usual = Paging::first(BY_NUMBER, DESK_PAGE);
    let mut asked = Asked::read(cx, "/admin/customers", &names, &SORTS, usual);
    let filter = CustomerFilter {
        needle: asked.needle(),
        group: asked.value("group").map(str::to_owned),
        blocked: asked.parsed("blocked", |word| match word {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }),
    };
    (asked, filter)
}

/// The columns of the file: a line per wallet, one without amounts for who has none.
pub const CSV: &[&str] = &[
    "customer",
    "customer_id",
    "name",
    "email",
    "group",
    "joined_at",
    "blocked_at",
    "licenses_up_to_1000",
    "available",
    "on_hold",
    "credit_limit",
    "currency",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.customers(staff, &filter, &asked.paging)).await?;
    Ok(Chunk { rows: listed.rows.iter().flat_map(values).collect(), next: listed.next })
}

fn values(row: &CustomerRow) -> Vec<Vec<Value>> {
    let person = || {
        vec![
            Value::plain(&row.number),
            Value::plain(&row.id),
            Value::text(row.name.clone()),
            Value::maybe(row.email.clone()),
            Value::plain(&row.group.code),
            Value::time(row.joined),
            row.blocked_at.map_or_else(Value::empty, Value::time),
            Value::plain(&row.licenses),
        ]
    };
    let wallet = |balance: &Balance| {
        [
            Value::amount(balance.available),
            Value::amount(balance.held),
            Value::amount(balance.credit_limit),
            Value::currency(balance.available),
        ]
    };
    let none = || [(); 4].map(|()| Value::empty());
    let wallets = if row.balances.is_empty() {
        vec![none()]
    } else {
        row.balances.iter().map(wallet).collect()
    };
    wallets
        .into_iter()
        .map(|wallet| {
            let mut values = person();
            values.extend(wallet);
            values
        })
        .collect()
}

/// How many licenses, as far as they are counted.
pub fn license_count(count: i64) -> String {
    if count < COUNTED { count.to_string() } else { format!("{COUNTED}+") }
}

/// What somebody has of something in all currencies.
fn amounts(locale: Locale, balances: &[Balance], amount: fn(&Balance) -> Money) -> String {
    let amounts: Vec<String> =
        balances.iter().map(|balance| format::money(locale, amount(balance))).collect();
    if amounts.is_empty() {
        format::money(locale, Money::zero(Currency::EUR))
    } else {
        amounts.join(", ")
    }
}

fn table(locale: Locale, asked: &Asked, rows: Vec<CustomerRow>) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(BY_NAME, Column::text(t!(locale, "col-customer"))),
        Column::text(t!(locale, "field-email")),
        Column::text(t!(locale, "col-group")),
        Column::num(t!(locale, "wallet-available")),
        Column::num(t!(locale, "wallet-held")),
        Column::num(t!(locale, "col-licenses")),
        asked.sortable(BY_NUMBER, Column::text(t!(locale, "col-joined"))),
    ];
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = format!("/admin/customers/{}", row.id);
            let number = t!(locale, "customer-number", number = row.number);
            let licenses = format!("/admin/licenses?customer={}", row.number);
            let available = amounts(locale, &row.balances, |balance| balance.available);
            let held = amounts(locale, &row.balances, |balance| balance.held);
            let joined = format::day(locale, row.joined.date());
            let email = row.email;
            let no_email = email.is_none();
            let blocked = row.blocked_at.map(|_| {
                view! {
                    " "
                    <StatusPill
                        tone=Tone::Danger
                        icon="ban"
                        label=t!(locale, "customer-blocked")
                    />
                }
            });
            view! {
                <tr>
                    <RowHead sub=number>
                        <a href=href>{row.name}</a>
                        {blocked}
                    </RowHead>
                    <Cell label=t!(locale, "field-email") none=no_email>
                        {email.unwrap_or_else(|| "—".to_owned())}
                    </Cell>
                    <Cell label=t!(locale, "col-group")>{group_name(locale, &row.group)}</Cell>
                    <Cell label=t!(locale, "wallet-available") num=true>
                        <span class="money">{available}</span>
                    </Cell>
                    <Cell label=t!(locale, "wallet-held") num=true>
                        <span class="money">{held}</span>
                    </Cell>
                    <Cell label=t!(locale, "col-licenses") num=true>
                        <a href=licenses>{license_count(row.licenses)}</a>
                    </Cell>
                    <Cell label=t!(locale, "col-joined")>{joined}</Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "desk-customers-title") columns=columns>
            {rows}
        </DataTable>
    }
}
