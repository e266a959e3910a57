//! An order: where it stands, what was ordered, and where the money is.

use leptos::prelude::*;
use portal::locale::Locale;
use portal::orders::{MoneyState, OrderDetail};

use super::{Shown, frame, id_param, instant, page, refusal, server};
use crate::api::{ApiError, progress_of};
use crate::components::{
    Breadcrumbs, Crumb, DefinitionGrid, Fact, PageHead, Panel, StatusPill, TotalRow, Totals,
};
use crate::context::Context;
use crate::islands::OrderTimeline;
use crate::{format, t};

/// `/my/orders/{id}`
#[component]
pub fn OrderPage() -> impl IntoView {
    page(order)
}

async fn order(cx: Context) -> Shown {
    let id = id_param()?;
    let viewer = cx.customer()?;
    let order = cx
        .portal
        .order(viewer, id)
        .await
        .map_err(|error| cx.failed(&error))?
        .ok_or(ApiError::NotFound)?;
    let locale = cx.locale;
    let title = t!(locale, "order-title", number = order.row.number);
    let progress = progress_of(locale, &order);
    let crumbs = vec![
        Crumb::link("/my/orders", t!(locale, "orders-title")),
        Crumb::here(order.row.number.to_string()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let reload = (!progress.done).then(|| {
        let here = cx.address.clone();
        view! {
            <noscript>
                <p class="fine">
                    {t!(locale, "order-no-script")} " " <a href=here>{t!(locale, "order-reload")}</a>
                </p>
            </noscript>
        }
    });
    let cancel = order.can_cancel.then(|| {
        view! {
            <form class="spread" method="post" action="/my/order-cancel">
                <input type="hidden" name="order" value=order.row.id.to_string() />
                <span class="fine">{t!(locale, "order-take-back-text")}</span>
                <button class="btn btn-sm" type="submit">
                    {t!(locale, "change-take-back")}
                </button>
            </form>
        }
    });
    let sprite = cx.site.href("icons.svg");
    // While it may still change, the status stands where the island keeps it current.
    let status = progress.done.then(|| {
        let (tone, icon, word) = format::order_status(locale, order.row.state, order.row.has_key);
        view! { <StatusPill tone=tone icon=icon label=word /> }.into_any()
    });
    let summary = summary(locale, &order, t!(locale, "order-summary"), None);
    let totals = totals(locale, &order);
    let main = view! {
        <PageHead
            title=title.clone()
            subtitle=what(locale, &order)
            status=status
            crumbs=crumbs
        />
        {refusal(&cx, t!(locale, "change-refused"))}
        <div class="columns">
            <div class="column">
                <Panel title=t!(locale, "order-progress") id="progress">
                    <OrderTimeline
                        id=order.row.id.to_string()
                        start=progress
                        sprite=sprite
                        open_license=t!(locale, "order-open-license")
                        order_again=t!(locale, "order-again")
                    />
                    {cancel} {reload}
                </Panel>
            </div>
            <div class="column">
                {summary}
                <Panel title=t!(locale, "order-payment") id="payment">
                    {totals}
                </Panel>
            </div>
        </div>
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/orders", main).await
}

/// "ispmanager 6 lite for 203.0.113.10, 12 months".
pub fn what(locale: Locale, order: &OrderDetail) -> String {
    let plan = order.row.plan.get(locale);
    let period = format::period(locale, order.row.period);
    match order.row.ip.clone() {
        Some(ip) => t!(locale, "order-what", plan = plan, ip = ip, period = period),
        None => t!(locale, "order-what-anywhere", plan = plan, period = period),
    }
}

/// What was ordered; more facts stand before it.
pub fn summary(
    locale: Locale,
    order: &OrderDetail,
    title: String,
    more: Option<AnyView>,
) -> impl IntoView + use<> {
    let name = order.name.clone().map(|name| {
        view! { <Fact label=t!(locale, "fact-name")>{name}</Fact> }
    });
    let addons = order
        .addons
        .iter()
        .map(|(code, count)| {
            let label = addon_name(locale, order, code);
            let count = count.to_string();
            view! { <Fact label=label>{count}</Fact> }
        })
        .collect_view();
    let plan = order.row.plan.get(locale).to_owned();
    let product = format!("/p/{}", order.slug);
    let server = server(locale, order.row.ip.clone());
    let period = format::period(locale, order.row.period);
    let at = order.row.at;
    view! {
        <Panel title=title id="summary">
            <DefinitionGrid>
                {more}
                <Fact label=t!(locale, "col-plan")>
                    <a href=product>{plan}</a>
                </Fact>
                <Fact label=t!(locale, "col-server")>{server}</Fact>
                <Fact label=t!(locale, "fact-period")>{period}</Fact>
                {addons}
                {name}
                <Fact label=t!(locale, "fact-placed")>{instant(locale, at)}</Fact>
            </DefinitionGrid>
        </Panel>
    }
}

pub fn addon_name(locale: Locale, order: &OrderDetail, code: &str) -> String {
    let name = order.addon_names.get(code);
    name.map_or_else(|| code.to_owned(), |name| name.get(locale).to_owned())
}

/// What was agreed, line by line, and where the money is.
pub fn totals(locale: Locale, order: &OrderDetail) -> impl IntoView + use<> {
    let lines = order
        .quote
        .lines
        .iter()
        .map(|line| {
            let label = match &line.addon {
                None => order.row.plan.get(locale).to_owned(),
                Some(code) => t!(
                    locale,
                    "order-line-addon",
                    name = addon_name(locale, order, code),
                    count = line.count
                ),
            };
            let amount = line.unit_price.checked_mul(line.count).unwrap_or(line.unit_price);
            view! { <TotalRow label=label amount=format::money(locale, amount) /> }
        })
        .collect_view();
    let label = money_word(locale, order.money);
    let price = format::price(locale, order.row.price);
    view! {
        <Totals>
            {lines}
            <TotalRow label=label amount=price sum=true />
        </Totals>
    }
}

/// Where the money was when the page was made; while the order is under way the sentence beside
/// the timeline keeps saying it.
fn money_word(locale: Locale, money: MoneyState) -> String {
    match money {
        MoneyState::Free | MoneyState::Reserved => t!(locale, "order-total"),
        MoneyState::Captured => t!(locale, "order-charged"),
        MoneyState::Released => t!(locale, "order-returned"),
    }
}
