//! The frames: shop, client area and desk, with the words and the balance that stand in each.

use domain::{Currency, Money};
use leptos::prelude::*;
use leptos_meta::Title;
use portal::locale::Locale;
use portal::people::{CustomerViewer, Permission, StaffViewer, Viewer};

use super::Shown;
use crate::components::{
    Account, BalanceBox, ClientShell, DeskShell, LangItem, NavGroup, NavItem, ShellText, ShopShell,
};
use crate::context::Context;
use crate::{format, t};

/// The longest title, in characters.
const TITLE: usize = 70;

/// The name on the door.
pub const BRAND: &str = "Keystall";

fn words(locale: Locale) -> ShellText {
    ShellText {
        brand: BRAND.to_owned(),
        skip: t!(locale, "shell-skip"),
        main_nav: t!(locale, "shell-main-nav"),
        footer_nav: t!(locale, "shell-footer-nav"),
        menu: t!(locale, "shell-menu"),
        close_menu: t!(locale, "shell-close-menu"),
        account: t!(locale, "shell-account"),
        sign_in: t!(locale, "shell-sign-in"),
        sign_out: t!(locale, "shell-sign-out"),
        balance: t!(locale, "shell-balance"),
        language: t!(locale, "shell-language"),
        theme_dark: t!(locale, "shell-theme-dark"),
        theme_light: t!(locale, "shell-theme-light"),
        search: t!(locale, "desk-search"),
    }
}

fn langs(locale: Locale) -> Vec<LangItem> {
    Locale::ALL
        .into_iter()
        .map(|other| LangItem {
            code: other.as_str(),
            label: match other {
                Locale::En => "EN",
                Locale::Ru => "RU",
            },
            current: other == locale,
        })
        .collect()
}

fn title(text: &str) -> impl IntoView + use<> {
    let text = if text.is_empty() { BRAND.to_owned() } else { format!("{text} · {BRAND}") };
    // Nobody reads more in a tab, and names can be long.
    let text = if text.chars().count() > TITLE {
        text.chars().take(TITLE - 1).chain(['…']).collect()
    } else {
        text
    };
    view! { <Title text=text /> }
}

fn demo_banner(cx: &Context) -> Option<AnyView> {
    let locale = cx.locale;
    cx.portal.demo.then(|| {
        view! {
            <p class="banner" data-tone="info">
                {t!(locale, "demo-banner")}
            </p>
        }
        .into_any()
    })
}

/// What the customer can spend at once, and what is on hold.
async fn balance(cx: &Context, viewer: &CustomerViewer) -> Result<(Money, Money), portal::Error> {
    let wallets = cx.portal.balances(viewer).await?;
    let zero = Money::zero(Currency::EUR);
    Ok(wallets.first().map_or((zero, zero), |wallet| (wallet.available, wallet.held)))
}

/// The shop around a page; an empty title is the front page's.
pub async fn shop(cx: &Context, heading: &str, main: AnyView) -> Shown {
    let balance = shown_balance(cx).await.map_err(|error| cx.failed(&error))?;
    Ok(shop_without_database(cx, heading, balance, main))
}

/// What a customer sees of their money in the shop's header.
pub async fn shown_balance(cx: &Context) -> Result<Option<String>, portal::Error> {
    let Some(viewer) = cx.viewer.customer() else { return Ok(None) };
    let (available, _) = balance(cx, viewer).await?;
    Ok(Some(format::money(cx.locale, available)))
}

/// The shop around a page when the database may be away.
pub fn shop_without_database(
    cx: &Context,
    heading: &str,
    balance: Option<String>,
    main: AnyView,
) -> AnyView {
    let locale = cx.locale;
    let nav = vec![
        NavItem::new("/catalog", t!(locale, "nav-catalog"))
            .current(cx.path() == "/catalog" || cx.path().starts_with("/p/")),
    ];
    let account = match &cx.viewer {
        Viewer::Guest => None,
        Viewer::Customer(viewer) => Some(Account {
            who: viewer.email.clone(),
            balance,
            menu: client_nav(locale, "").into_iter().take(4).collect(),
        }),
        Viewer::Staff(viewer) => Some(Account {
            who: viewer.email.clone(),
            balance: None,
            menu: vec![NavItem::new("/admin", t!(locale, "nav-desk")).icon("layers")],
        }),
    };
    let mut footer = vec![NavItem::new("/catalog", t!(locale, "nav-catalog"))];
    footer.extend(match &cx.viewer {
        Viewer::Staff(_) => vec![NavItem::new("/admin", t!(locale, "nav-desk"))],
        Viewer::Guest => vec![
            NavItem::new("/login", t!(locale, "shell-sign-in")),
            NavItem::new("/join", t!(locale, "login-join")),
        ],
        Viewer::Customer(_) => vec![
            NavItem::new("/my/licenses", t!(locale, "nav-licenses")),
            NavItem::new("/my/wallet", t!(locale, "nav-wallet")),
        ],
    });
    footer.extend(cx.site.ask().map(|href| NavItem::new(href, t!(locale, "nav-ask"))));
    view! {
        {title(heading)}
        <ShopShell
            text=words(locale)
            nav=nav
            footer=footer
            footer_note=t!(locale, "footer-note")
            langs=langs(locale)
            account=account
            sign_in=cx.path() != "/login"
            back=cx.address.clone()
            banner=demo_banner(cx)
        >
            {main}
        </ShopShell>
    }
    .into_any()
}

fn client_nav(locale: Locale, here: &str) -> Vec<NavItem> {
    [
        ("/my", t!(locale, "nav-overview"), "house"),
        ("/my/licenses", t!(locale, "nav-licenses"), "key-round"),
        ("/my/orders", t!(locale, "nav-orders"), "shopping-cart"),
        ("/my/wallet", t!(locale, "nav-wallet"), "wallet"),
        ("/catalog", t!(locale, "nav-catalog"), "store"),
    ]
    .into_iter()
    .map(|(href, label, icon)| NavItem::new(href, label).icon(icon).current(href == here))
    .collect()
}

/// The client area around a page; `here` is the address of its entry in the navigation.
pub async fn client(
    cx: &Context,
    viewer: &CustomerViewer,
    heading: &str,
    here: &str,
    main: AnyView,
) -> Shown {
    let locale = cx.locale;
    let (available, held) = balance(cx, viewer).await.map_err(|error| cx.failed(&error))?;
    let balance = BalanceBox {
        amount: format::money(locale, available),
        hint: (!held.is_zero())
            .then(|| t!(locale, "shell-on-hold", amount = format::money(locale, held))),
    };
    Ok(view! {
        {title(heading)}
        <ClientShell
            text=words(locale)
            nav=client_nav(locale, here)
            balance=Some(balance)
            langs=langs(locale)
            who=viewer.email.clone()
            back=cx.address.clone()
            banner=demo_banner(cx)
        >
            {main}
        </ClientShell>
    }
    .into_any())
}

/// The desk around a page.
pub fn desk(
    cx: &Context,
    staff: &StaffViewer,
    heading: &str,
    here: &str,
    main: AnyView,
) -> AnyView {
    let locale = cx.locale;
    let entries = |entries: Vec<(&'static str, String, &'static str)>| {
        entries
            .into_iter()
            .map(|(href, label, icon)| NavItem::new(href, label).icon(icon).current(href == here))
            .collect::<Vec<_>>()
    };
    let selling = entries(vec![
        ("/admin/inbox", t!(locale, "nav-inbox"), "inbox"),
        ("/admin/orders", t!(locale, "nav-orders"), "shopping-cart"),
        ("/admin/operations", t!(locale, "nav-operations"), "list"),
        ("/admin/customers", t!(locale, "nav-customers"), "users"),
        ("/admin/licenses", t!(locale, "nav-licenses"), "key-round"),
    ]);
    let mut offer = entries(vec![
        ("/admin/products", t!(locale, "nav-products"), "store"),
        ("/admin/pricelists", t!(locale, "nav-pricelists"), "tag"),
        ("/admin/costs", t!(locale, "nav-costs"), "receipt"),
        ("/admin/vendors", t!(locale, "nav-vendors"), "package"),
    ]);
    if staff.role.may(Permission::ManageVendors) {
        offer.extend(entries(vec![("/admin/upstreams", t!(locale, "nav-upstreams"), "server")]));
    }
    let mut house = entries(vec![
        ("/admin/mail", t!(locale, "nav-mail"), "mail"),
        ("/admin/audit", t!(locale, "nav-audit"), "history"),
        ("/admin/health", t!(locale, "nav-health"), "activity"),
    ]);
    if staff.role.may(Permission::ManageStaff) {
        house.extend(entries(vec![("/admin/staff", t!(locale, "nav-staff"), "shield-check")]));
    }
    let groups = [selling, offer, house].map(|items| NavGroup { label: None, items }).to_vec();
    // Other lists have a search of their own, under the same name.
    let query = cx.query("q").filter(|_| cx.path() == "/admin/orders");
    let heading = t!(locale, "desk-title", page = heading);
    view! {
        {title(&heading)}
        <DeskShell
            text=words(locale)
            groups=groups
            langs=langs(locale)
            who=staff.email.clone()
            query=query
            back=cx.address.clone()
            banner=demo_banner(cx)
        >
            {main}
        </DeskShell>
    }
    .into_any()
}
