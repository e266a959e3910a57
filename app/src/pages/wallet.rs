//! The customer's money: what there is, and what moved.

use std::collections::BTreeMap;

use domain::{Currency, Money as Amount};
use ledger::{Balance, Movement, MovementKind};
use leptos::prelude::*;
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;
use portal::wallet::{BY_LINE, Behind, Holder, MovementFilter, SORTS};
use uuid::Uuid;

use super::{PAGE, Shown, change, frame, page};
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
    let locale = cx.locale;
    let Wallet { tabs, stats, statement } = read(&cx, &Reader::Own(viewer.into())).await?;
    let title = t!(locale, "wallet-title");
    let top_up = if cx.portal.demo {
        t!(locale, "top-up-demo", staff = portal::demo::ADMIN)
    } else {
        t!(locale, "top-up-text", email = viewer.email.clone())
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "wallet-lead") />
        {tabs}
        {stats}
        <Panel title=t!(locale, "top-up-title") id="top-up">
            <p>{top_up}</p>
        </Panel>
        {statement}
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/wallet", main).await
}

/// Who reads a statement, which decides where it lives and where its lines lead.
pub enum Reader {
    /// The customer.
    Own(Holder),
    /// Staff, who look at this customer.
    Desk(Holder, Uuid),
}

impl Reader {
    const fn holder(&self) -> Holder {
        match self {
            Self::Own(holder) | Self::Desk(holder, _) => *holder,
        }
    }

    fn base(&self) -> String {
        match self {
            Self::Own(_) => "/my/wallet".to_owned(),
            Self::Desk(_, customer) => format!("/admin/customers/{customer}/wallet"),
        }
    }

    fn order(&self, id: Uuid) -> String {
        match self {
            Self::Own(_) => format!("/my/orders/{id}"),
            Self::Desk(..) => format!("/admin/orders/{id}"),
        }
    }

    /// Customers see the license, staff what was done to it.
    fn change(&self, license: Uuid, operation: Uuid) -> String {
        match self {
            Self::Own(_) => format!("/my/licenses/{license}"),
            Self::Desk(..) => format!("/admin/operations/{operation}"),
        }
    }
}

/// The parts of a page about one wallet.
pub struct Wallet {
    /// The ways to the others, if there are any.
    pub tabs: Option<AnyView>,
    /// What it holds.
    pub stats: AnyView,
    /// What moved.
    pub statement: AnyView,
}

/// Reads the wallet that the address names.
pub async fn read(cx: &Context, reader: &Reader) -> Result<Wallet, ApiError> {
    let wallets = cx.portal.balances(reader.holder()).await.map_err(|error| cx.failed(&error))?;
    let shown = chosen(cx, &wallets);
    let currency = shown.available.currency();
    let (asked, filter) = asked(cx, reader, &wallets);
    let statement = cx.portal.statement(reader.holder(), currency, &filter, &asked.paging);
    let statement = asked.load(cx, statement).await?;
    let behind = behind(cx, reader, &statement.rows).await?;
    let locale = cx.locale;

    let tabs = (wallets.len() > 1).then(|| {
        let items = wallets
            .iter()
            .map(|wallet| {
                let code = wallet.available.currency().code().to_owned();
                TabItem {
                    href: format!("{}?currency={code}", reader.base()),
                    current: wallet.available.currency() == currency,
                    label: code,
                    count: None,
                }
            })
            .collect();
        view! { <Tabs label=t!(locale, "wallet-currencies") items=items /> }.into_any()
    });
    let kinds =
        MovementKind::ALL.map(|kind| (kind.as_str().to_owned(), moved(locale, kind))).to_vec();
    let fields = view! {
        {asked.select_field(locale, "kind", t!(locale, "filter-movement"), kinds)}
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
    let statement = list(cx, &asked, heading, fields, statement, nothing, |rows| {
        table(locale, &asked, rows, reader, &behind).into_any()
    });
    Ok(Wallet { tabs, stats: stats(locale, reader, shown), statement: statement.into_any() })
}

fn stats(locale: Locale, reader: &Reader, shown: Balance) -> AnyView {
    let credit = (!shown.credit_limit.is_zero()).then(|| {
        let spendable = format::money(locale, shown.spendable());
        let hint = match reader {
            Reader::Own(_) => t!(locale, "wallet-spendable", amount = spendable),
            Reader::Desk(..) => t!(locale, "desk-wallet-spendable", amount = spendable),
        };
        view! {
            <Stat
                label=t!(locale, "wallet-credit")
                value=format::money(locale, shown.credit_limit)
                hint=hint
            />
        }
    });
    view! {
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
    }
    .into_any()
}

/// The wallet that the address names, or the main one.
fn chosen(cx: &Context, wallets: &[Balance]) -> Balance {
    let wanted = cx.query("currency").and_then(|code| Currency::from_code(&code));
    let found = wallets.iter().find(|wallet| Some(wallet.available.currency()) == wanted);
    found.copied().unwrap_or_else(|| main_balance(wallets))
}

fn asked(cx: &Context, reader: &Reader, wallets: &[Balance]) -> (Asked, MovementFilter) {
    let names = ["kind", "from", "to"];
    let usual = Paging::first(BY_LINE, PAGE);
    let mut asked = Asked::read(cx, &reader.base(), &names, &SORTS, usual);
    if let Reader::Desk(_, customer) = reader {
        asked.file_at("/admin/wallet.csv", "customer", customer.to_string());
    }
    if wallets.len() > 1 {
        let currency = chosen(cx, wallets).available.currency();
        asked.keep("currency", currency.code().to_owned());
    }
    let filter =
        MovementFilter { kind: asked.parsed("kind", MovementKind::from_word), days: asked.days() };
    (asked, filter)
}

/// The orders behind movements.
async fn behind(
    cx: &Context,
    reader: &Reader,
    movements: &[Movement],
) -> Result<BTreeMap<Uuid, Behind>, ApiError> {
    let causes: Vec<Uuid> = movements.iter().map(|line| line.cause_id).collect();
    cx.portal.behind(reader.holder(), &causes).await.map_err(|error| cx.failed(&error))
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
    rows(cx, &Reader::Own(cx.customer()?.into()), after).await
}

/// The rows of a statement's file for whoever reads it.
pub async fn rows(cx: &Context, reader: &Reader, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let wallets = cx.portal.balances(reader.holder()).await.map_err(|error| cx.failed(&error))?;
    let currency = chosen(cx, &wallets).available.currency();
    let (asked, filter) = asked(cx, reader, &wallets);
    let asked = asked.for_export(after)?;
    let statement = cx.portal.statement(reader.holder(), currency, &filter, &asked.paging);
    let statement = asked.load(cx, statement).await?;
    let behind = behind(cx, reader, &statement.rows).await?;
    Ok(Chunk::of(statement, |line| {
        let order = match behind.get(&line.cause_id) {
            Some(Behind::Order { number, .. }) => Some(*number),
            _ => None,
        };
        vec![
            Value::plain(&line.line),
            Value::time(line.at),
            Value::plain(line.kind.as_str()),
            order.map_or_else(Value::empty, |value| Value::plain(&value)),
            Value::text(line.reason.clone()),
            Value::amount(line.amount),
            Value::amount(changed(&line)),
            Value::amount(line.available_after),
            Value::amount(line.held_after),
            Value::currency(line.amount),
        ]
    }))
}

/// What a movement did to the available money.
fn changed(line: &Movement) -> Amount {
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
    reader: &Reader,
    behind: &BTreeMap<Uuid, Behind>,
) -> impl IntoView + use<> {
    let rows = movements
        .into_iter()
        .map(|line| {
            let what = what(locale, &line, reader, behind.get(&line.cause_id).copied());
            let amount = amount(locale, &line);
            view! {
                <tr>
                    {what}
                    <Cell label=t!(locale, "col-when-utc")>
                        <time datetime=format::machine(line.at)>
                            {format::moment(locale, line.at)}
                        </time>
                    </Cell>
                    <Cell label=t!(locale, "col-amount") num=true>
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

/// What moved, in words, with the order or the license behind it.
fn what(locale: Locale, line: &Movement, reader: &Reader, behind: Option<Behind>) -> AnyView {
    // Money that comes in because of an order was paid for it before.
    let back = line.kind == MovementKind::In && behind.is_some();
    let word = if back { t!(locale, "moved-back") } else { moved(locale, line.kind) };
    // What staff and payments write is theirs to say.
    let sub = match line.kind {
        MovementKind::In | MovementKind::Out => line.reason.clone(),
        MovementKind::Held => t!(locale, "moved-held-text"),
        MovementKind::Captured => t!(locale, "moved-captured-text"),
        MovementKind::Released => t!(locale, "moved-released-text"),
    };
    let link = behind.map(|behind| {
        let (href, label) = match behind {
            Behind::Order { id, number } => {
                (reader.order(id), t!(locale, "order-link", number = number))
            }
            Behind::Change { license, number, kind } => {
                let what = change::name(locale, kind).unwrap_or_default();
                let label = t!(locale, "change-link", what = what, number = number);
                (reader.change(license, line.cause_id), label)
            }
        };
        view! {
            ", "
            <a href=href>{label}</a>
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
            view! { <Money text=format::money(locale, changed(line)) /> }.into_any()
        }
        MovementKind::Captured => view! {
            <span class="muted">
                <Money text=shown />
            </span>
        }
        .into_any(),
    }
}
