//! One customer's money, and crediting it by hand.

use domain::Currency;
use leptos::prelude::*;
use portal::people::Permission;
use portal::random;
use portal::wallet::DeskWallet;
use uuid::Builder;

use super::{Shown, frame, id_param, page, refusal};
use crate::api::ApiError;
use crate::components::{
    Breadcrumbs, Crumb, Field, Notice, PageHead, Panel, SelectField, SelectOption, Stat, Stats,
    TextArea, Tone,
};
use crate::context::Context;
use crate::{format, t};

/// `/admin/wallets/{id}`
#[component]
pub fn DeskWalletPage() -> impl IntoView {
    page(wallet)
}

async fn wallet(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let id = id_param()?;
    let wallet = cx
        .portal
        .desk_wallet(staff, id)
        .await
        .map_err(|error| cx.failed(&error))?
        .ok_or(ApiError::NotFound)?;
    let locale = cx.locale;
    let title = wallet.customer.clone();
    let crumbs = vec![
        Crumb::link("/admin/wallets", t!(locale, "desk-wallets-title")),
        Crumb::here(title.clone()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let credited = cx.query("credited").filter(|_| cx.refused.is_none()).map(|_| {
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{t!(locale, "credit-done")}</p>
            </Notice>
        }
    });
    let balances = if wallet.balances.is_empty() {
        view! { <p class="muted">{t!(locale, "desk-wallet-none")}</p> }.into_any()
    } else {
        balances(&cx, &wallet).into_any()
    };
    let form = if staff.role.may(Permission::CreditWallet) {
        form(&cx, &wallet).into_any()
    } else {
        view! {
            <Notice tone=Tone::Info>
                <p>{t!(locale, "credit-forbidden")}</p>
            </Notice>
        }
        .into_any()
    };
    let number = t!(locale, "customer-number", number = wallet.customer_number);
    let main = view! {
        <PageHead title=title.clone() subtitle=number crumbs=crumbs />
        {credited}
        {balances}
        {refusal(&cx, t!(locale, "credit-refused-title"))}
        <Panel title=t!(locale, "credit-title") id="credit">
            {form}
        </Panel>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/wallets", main))
}

fn balances(cx: &Context, wallet: &DeskWallet) -> impl IntoView + use<> {
    let locale = cx.locale;
    wallet
        .balances
        .iter()
        .map(|balance| {
            let available = format::money(locale, balance.available);
            let held = format::money(locale, balance.held);
            let credit = format::money(locale, balance.credit_limit);
            view! {
                <Stats>
                    <Stat label=t!(locale, "wallet-available") value=available />
                    <Stat label=t!(locale, "wallet-held") value=held />
                    <Stat label=t!(locale, "wallet-credit") value=credit />
                </Stats>
            }
        })
        .collect_view()
}

fn form(cx: &Context, wallet: &DeskWallet) -> impl IntoView + use<> {
    let locale = cx.locale;
    // Made with the form: however often it is sent, it is one credit.
    let id = Builder::from_random_bytes(random::bytes()).into_uuid();
    let chosen = cx.typed("currency").unwrap_or_else(|| Currency::EUR.code().to_owned());
    let mut codes = vec![Currency::EUR.code()];
    for balance in &wallet.balances {
        let code = balance.available.currency().code();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let currencies = codes.into_iter().map(|code| SelectOption::new(code, code, &chosen)).collect();
    view! {
        <form class="form" method="post" action="/admin/credit">
            <input type="hidden" name="customer" value=wallet.customer_id.to_string() />
            <input type="hidden" name="id" value=id.to_string() />
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
