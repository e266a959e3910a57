//! The customer's money: what there is, and what moved.

use std::collections::BTreeMap;

use domain::{Currency, Money as Amount};
use ledger::{Balance, Movement, MovementKind};
use leptos::prelude::*;
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;
use portal::people::CustomerViewer;
use portal::wallet::{BY_LINE, MovementFilter, SORTS};
use uuid::Uuid;

use super::{PAGE, Shown, frame, page};
use crate::api::ApiError;
use crate::components::{
    Cell, Column, DataTable, Money, PageHead, Panel, RowHead, Stat, Stats, TabItem, Tabs,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/my/wallet`
#[component]
pub fn WalletPage() -> impl IntoView {
    page(wallet)
}

async fn wallet(cx: Context) -> Shown {
    let viewer = cx.customer()?;
    let failed = |error| cx.failed(&error);
    let wallets = cx.portal.balances(viewer).await.map_err(failed)?;
    let shown = chosen(&cx, &wallets);
    let currency = shown.available.currency();
    let (asked, filter) = asked(&cx, &wallets);
    let statement = cx.portal.statement(viewer, currency, &filter, &asked.paging);
    let statement = asked.load(&cx, statement).await?;
    let numbers = numbers(&cx, viewer, &statement.rows).await?;
    let locale = cx.locale;
    let title = t!(locale, "wallet-title");

    let tabs = (wallets.len() > 1).then(|| {
        let items = wallets
            .iter()
            .map(|wallet| {
                let code = wallet.available.currency().code().to_owned();
                TabItem {
                    href: format!("/my/wallet?currency={code}"),
                    current: wallet.available.currency() == currency,
                    label: code,
                    count: None,
                }
            })
            .collect();
        view! { <Tabs label=t!(locale, "wallet-currencies") items=items /> }
    });
    let credit = (!shown.credit_limit.is_zero()).then(|| {
        let spendable = format::money(locale, shown.spendable());
        view! {
            <Stat
                label=t!(locale, "wallet-credit")
                value=format::money(locale, shown.credit_limit)
                hint=t!(locale, "wallet-spendable", amount = spendable)
            />
        }
    });
    let kinds =
        MovementKind::ALL.map(|kind| (kind.as_str().to_owned(), moved(locale, kind))).to_vec();
    let fields = view! {
        {asked.select_field(locale, "kind", t!(locale, "col-what"), kinds)}
        {asked.sort_field(locale)}
        {asked.day_fields(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "receipt",
        title: t!(locale, "statement-empty"),
        text: t!(locale, "statement-empty-text"),
        action: None,
    };
    let heading = Some(t!(locale, "statement-title"));
    let content = list(&cx, &asked, heading, fields, statement, nothing, |rows| {
        table(locale, &asked, rows, &numbers).into_any()
    });
    let top_up = if cx.portal.demo {
        t!(locale, "top-up-demo", staff = portal::demo::ADMIN)
    } else {
        t!(locale, "top-up-text", email = viewer.email.clone())
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "wallet-lead") />
        {tabs}
        <Stats lead=true>
            <Stat
                label=t!(locale, "wallet-available")
                value=format::money(locale, shown.available)
                hint=t!(locale, "wallet-available-hint")
            />
            <Stat
                label=t!(locale, "wallet-held")
                value=format::money(locale, shown.held)
                hint=t!(locale, "wallet-held-hint")
            />
            {credit}
        </Stats>
        <Panel title=t!(locale, "top-up-title") id="top-up">
            <p>{top_up}</p>
        </Panel>
        {content}
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/wallet", main).await
}

/// The wallet that the address names, or the main one.
fn chosen(cx: &Context, wallets: &[Balance]) -> Balance {
    let wanted = cx.query("currency").and_then(|code| Currency::from_code(&code));
    let found = wallets.iter().find(|wallet| Some(wallet.available.currency()) == wanted);
    found.copied().unwrap_or_else(|| main_balance(wallets))
}

fn asked(cx: &Context, wallets: &[Balance]) -> (Asked, MovementFilter) {
    let names = ["kind", "from", "to"];
    let usual = Paging::first(BY_LINE, PAGE);
    let mut asked = Asked::read(cx, "/my/wallet", &names, &SORTS, usual);
    if wallets.len() > 1 {
        let currency = chosen(cx, wallets).available.currency();
        asked.keep("currency", currency.code().to_owned());
    }
    let filter =
        MovementFilter { kind: asked.parsed("kind", MovementKind::from_word), days: asked.days() };
    (asked, filter)
}

/// The orders behind movements.
async fn numbers(
    cx: &Context,
    viewer: &CustomerViewer,
    movements: &[Movement],
) -> Result<BTreeMap<Uuid, (Uuid, i64)>, ApiError> {
    let causes: Vec<Uuid> = movements.iter().map(|line| line.cause_id).collect();
    let orders = cx.portal.order_numbers(viewer, &causes).await;
    let orders = orders.map_err(|error| cx.failed(&error))?;
    Ok(orders.into_iter().map(|(cause, order, number)| (cause, (order, number))).collect())
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "line",
    "at",
    "movement",
    "order",
    "reason",
    "amount",
    "available_change",
    "available_after",
    "on_hold_after",
    "currency",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let viewer = cx.customer()?;
    let wallets = cx.portal.balances(viewer).await.map_err(|error| cx.failed(&error))?;
    let currency = chosen(cx, &wallets).available.currency();
    let (asked, filter) = asked(cx, &wallets);
    let asked = asked.for_export(after)?;
    let statement = cx.portal.statement(viewer, currency, &filter, &asked.paging);
    let statement = asked.load(cx, statement).await?;
    let numbers = numbers(cx, viewer, &statement.rows).await?;
    Ok(Chunk::of(statement, |line| {
        let order = numbers.get(&line.cause_id).map(|(_, number)| *number);
        vec![
            Value::plain(&line.line),
            Value::time(line.at),
            Value::plain(line.kind.as_str()),
            order.map_or_else(Value::empty, |value| Value::plain(&value)),
            Value::text(line.reason.clone()),
            Value::amount(line.amount),
            Value::amount(change(&line)),
            Value::amount(line.available_after),
            Value::amount(line.held_after),
            Value::currency(line.amount),
        ]
    }))
}

/// What a movement did to the available money.
fn change(line: &Movement) -> Amount {
    let amount = line.amount.amount();
    let change = match line.kind {
        MovementKind::In | MovementKind::Released => amount,
        MovementKind::Out | MovementKind::Held => -amount,
        MovementKind::Captured => 0,
    };
    Amount::new(change, line.amount.currency())
}

/// The wallet that stands for all of them in the frame; without any, nothing in euros.
pub fn main_balance(wallets: &[Balance]) -> Balance {
    wallets.first().copied().unwrap_or(Balance::empty(Currency::EUR))
}

fn table(
    locale: Locale,
    asked: &Asked,
    movements: Vec<Movement>,
    numbers: &BTreeMap<Uuid, (Uuid, i64)>,
) -> impl IntoView + use<> {
    let rows = movements
        .into_iter()
        .map(|line| {
            let what = what(locale, &line, numbers.get(&line.cause_id).copied());
            let amount = amount(locale, &line);
            // The available money paid for it when it was reserved.
            let from =
                (line.kind == MovementKind::Captured).then(|| t!(locale, "moved-captured-from"));
            view! {
                <tr>
                    {what}
                    <Cell label=t!(locale, "col-when")>
                        <time datetime=format::machine(line.at)>
                            {format::moment(locale, line.at)}
                        </time>
                    </Cell>
                    <Cell label=t!(locale, "col-amount") num=true sub=from>
                        {amount}
                    </Cell>
                    <Cell label=t!(locale, "col-available") num=true>
                        <Money text=format::money(locale, line.available_after) />
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![
        Column::text(t!(locale, "col-what")),
        asked.sortable(BY_LINE, Column::text(t!(locale, "col-when-utc"))),
        Column::num(t!(locale, "col-amount")),
        Column::num(t!(locale, "col-available")),
    ];
    view! {
        <DataTable caption=t!(locale, "statement-title") columns=columns>
            {rows}
        </DataTable>
    }
}

fn moved(locale: Locale, kind: MovementKind) -> String {
    match kind {
        MovementKind::In => t!(locale, "moved-in"),
        MovementKind::Out => t!(locale, "moved-out"),
        MovementKind::Held => t!(locale, "moved-held"),
        MovementKind::Captured => t!(locale, "moved-captured"),
        MovementKind::Released => t!(locale, "moved-released"),
    }
}

/// What moved, in words, with the order behind it.
fn what(locale: Locale, line: &Movement, order: Option<(Uuid, i64)>) -> AnyView {
    let word = moved(locale, line.kind);
    let explained = match line.kind {
        MovementKind::In | MovementKind::Out => None,
        MovementKind::Held => Some(t!(locale, "moved-held-text")),
        MovementKind::Captured => Some(t!(locale, "moved-captured-text")),
        MovementKind::Released => Some(t!(locale, "moved-released-text")),
    };
    // Without an order behind it, the reason is what the staff or the payment wrote.
    let sub = if order.is_some() { explained } else { explained.or(Some(line.reason.clone())) };
    let link = order.map(|(id, number)| {
        let label = t!(locale, "order-link", number = number);
        view! {
            ", "
            <a href=format!("/my/orders/{id}")>{label}</a>
        }
    });
    view! {
        <RowHead sub=sub>
            {word}
            {link}
        </RowHead>
    }
    .into_any()
}

/// What it did to the available money, with its sign; charging what was reserved changes nothing.
fn amount(locale: Locale, line: &Movement) -> AnyView {
    let shown = format::money(locale, line.amount);
    match line.kind {
        MovementKind::In | MovementKind::Released => {
            view! { <Money text=format!("+{shown}") gain=true /> }.into_any()
        }
        MovementKind::Out | MovementKind::Held => {
            view! { <Money text=format::money(locale, change(line)) /> }.into_any()
        }
        MovementKind::Captured => view! {
            <span class="muted">
                <Money text=shown />
            </span>
        }
        .into_any(),
    }
}
