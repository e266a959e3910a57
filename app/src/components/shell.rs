//! The three frames: shop, client area and desk.
//!
//! On a narrow screen the navigation is a native popover, on a wide one the same element stands in
//! the page: one markup, no script. Each frame brings the page's only `<main id="main">`.

use leptos::prelude::*;

use super::{Icon, OptText, SkipLink, Slot};

/// The words of the frames.
#[derive(Clone, Debug, Default)]
pub struct ShellText {
    /// Name of the shop.
    pub brand: String,
    /// "Skip to content".
    pub skip: String,
    /// Name of the main navigation.
    pub main_nav: String,
    /// Name of the navigation in the footer.
    pub footer_nav: String,
    /// "Menu".
    pub menu: String,
    /// "Close menu".
    pub close_menu: String,
    /// "Account".
    pub account: String,
    /// "Sign in".
    pub sign_in: String,
    /// "Sign out".
    pub sign_out: String,
    /// "Balance".
    pub balance: String,
    /// Name of the language switch.
    pub language: String,
    /// "Dark theme".
    pub theme_dark: String,
    /// "Light theme".
    pub theme_light: String,
    /// Name of the search field.
    pub search: String,
}

/// An entry of a navigation.
#[derive(Clone, Debug, Default)]
pub struct NavItem {
    /// Address.
    pub href: String,
    /// Words.
    pub label: String,
    /// Icon, in side bars and menus.
    pub icon: Option<&'static str>,
    /// How many wait there.
    pub count: Option<String>,
    /// The reader is there.
    pub current: bool,
}

impl NavItem {
    /// An entry without an icon.
    pub fn new(href: impl Into<String>, label: impl Into<String>) -> Self {
        Self { href: href.into(), label: label.into(), ..Self::default() }
    }

    /// With an icon.
    #[must_use]
    pub fn icon(self, icon: &'static str) -> Self {
        Self { icon: Some(icon), ..self }
    }

    /// With a number of waiting things.
    #[must_use]
    pub fn count(self, count: Option<String>) -> Self {
        Self { count, ..self }
    }

    /// Marked, when the reader is there.
    #[must_use]
    pub fn current(self, current: bool) -> Self {
        Self { current, ..self }
    }
}

/// Entries of the desk's navigation under a small title.
#[derive(Clone, Debug, Default)]
pub struct NavGroup {
    /// Title.
    pub label: Option<String>,
    /// Entries.
    pub items: Vec<NavItem>,
}

/// A language to switch to.
#[derive(Clone, Debug)]
pub struct LangItem {
    /// Language tag.
    pub code: &'static str,
    /// "EN".
    pub label: &'static str,
    /// The reader's own.
    pub current: bool,
}

/// The signed-in reader, in the shop's header.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Name or e-mail address.
    pub who: String,
    /// Available balance.
    pub balance: Option<String>,
    /// Entries of the menu above "Sign out".
    pub menu: Vec<NavItem>,
}

/// The balance, always visible in the client area.
#[derive(Clone, Debug, Default)]
pub struct BalanceBox {
    /// Available balance.
    pub amount: String,
    /// How long it lasts: "Covers renewals until 12 Jan".
    pub hint: Option<String>,
}

/// Where the balance leads to.
const WALLET: &str = "/my/wallet";

/// Language switch: a small form that works everywhere.
#[component]
pub fn LangSwitch(
    /// Name of the switch.
    #[prop(into)]
    label: String,
    /// The languages.
    langs: Vec<LangItem>,
    /// Address to come back to.
    #[prop(optional, into)]
    back: OptText,
) -> impl IntoView {
    view! {
        <form class="segmented" method="post" action="/preferences" aria-label=label>
            {back.get().map(|back| view! { <input type="hidden" name="back" value=back /> })}
            {langs
                .into_iter()
                .map(|lang| {
                    view! {
                        <button
                            type="submit"
                            name="lang"
                            value=lang.code
                            lang=lang.code
                            aria-pressed=if lang.current { "true" } else { "false" }
                        >
                            {lang.label}
                        </button>
                    }
                })
                .collect_view()}
        </form>
    }
}

/// Theme switch with one icon: the style sheet shows the button for the theme that is not on.
#[component]
pub fn ThemeToggle(
    /// "Dark theme".
    #[prop(into)]
    dark: String,
    /// "Light theme".
    #[prop(into)]
    light: String,
    /// Address to come back to.
    #[prop(optional, into)]
    back: OptText,
) -> impl IntoView {
    view! {
        <form class="theme-toggle" method="post" action="/preferences">
            {back.get().map(|back| view! { <input type="hidden" name="back" value=back /> })}
            <button
                class="btn btn-quiet btn-icon"
                type="submit"
                name="theme"
                value="dark"
                aria-label=dark
            >
                <Icon name="moon" />
            </button>
            <button
                class="btn btn-quiet btn-icon"
                type="submit"
                name="theme"
                value="light"
                aria-label=light
            >
                <Icon name="sun" />
            </button>
        </form>
    }
}

/// A choice of `ThemeSwitch`.
#[derive(Clone, Debug)]
pub struct ThemeItem {
    /// `system`, `light` or `dark`.
    pub value: &'static str,
    /// Words.
    pub label: String,
    /// Chosen now.
    pub current: bool,
}

/// Theme switch with words, for the settings: also back to what the system says.
#[component]
pub fn ThemeSwitch(
    /// Name of the switch.
    #[prop(into)]
    label: String,
    /// The choices.
    items: Vec<ThemeItem>,
    /// Address to come back to.
    #[prop(optional, into)]
    back: OptText,
) -> impl IntoView {
    view! {
        <form class="segmented" method="post" action="/preferences" aria-label=label>
            {back.get().map(|back| view! { <input type="hidden" name="back" value=back /> })}
            {items
                .into_iter()
                .map(|item| {
                    view! {
                        <button
                            type="submit"
                            name="theme"
                            value=item.value
                            aria-pressed=if item.current { "true" } else { "false" }
                        >
                            {item.label}
                        </button>
                    }
                })
                .collect_view()}
        </form>
    }
}

/// A banner is a landmark of its own: content outside of landmarks is hard to find by ear.
fn aside(banner: Slot) -> Option<AnyView> {
    banner.is_some().then(|| view! { <aside>{banner.into_view()}</aside> }.into_any())
}

/// The mark and the name.
#[component]
fn Brand(name: String, href: &'static str) -> impl IntoView {
    view! {
        <a class="brand" href=href>
            <Icon name="mark" />
            {name}
        </a>
    }
}

/// Opens a popover menu on a narrow screen.
#[component]
fn MenuButton(target: &'static str, label: String) -> impl IntoView {
    view! {
        <button
            class="btn btn-quiet btn-icon menu-btn"
            type="button"
            popovertarget=target
            aria-label=label
        >
            <Icon name="menu" />
        </button>
    }
}

/// Closes it again.
#[component]
fn MenuClose(target: &'static str, label: String) -> impl IntoView {
    view! {
        <button
            class="btn btn-quiet btn-icon menu-close"
            type="button"
            popovertarget=target
            popovertargetaction="hide"
            aria-label=label
        >
            <Icon name="x" />
        </button>
    }
}

/// The balance as a chip.
#[component]
fn BalanceChip(label: String, amount: String) -> impl IntoView {
    view! {
        <a class="balance" href=WALLET>
            <Icon name="wallet" />
            <span class="visually-hidden">{label}</span>
            <span class="money">{amount}</span>
        </a>
    }
}

/// Balance and menu of the signed-in reader.
#[component]
fn AccountTools(text: ShellText, account: Account) -> impl IntoView {
    view! {
        {account
            .balance
            .map(|amount| view! { <BalanceChip label=text.balance amount=amount /> })}
        <button
            class="btn btn-quiet btn-icon"
            type="button"
            popovertarget="account-menu"
            aria-label=text.account
        >
            <Icon name="user" />
        </button>
        <div class="account-menu" id="account-menu" popover="auto">
            <p class="account-who">{account.who}</p>
            {account
                .menu
                .into_iter()
                .map(|item| {
                    view! {
                        <a class="menu-item" href=item.href>
                            {item.icon.map(|icon| view! { <Icon name=icon /> })}
                            {item.label}
                        </a>
                    }
                })
                .collect_view()}
            <form method="post" action="/logout">
                <button class="menu-item" type="submit">
                    <Icon name="log-out" />
                    {text.sign_out}
                </button>
            </form>
        </div>
    }
}

/// Entries of a side bar.
#[component]
fn SideItems(items: Vec<NavItem>) -> impl IntoView {
    items
        .into_iter()
        .map(|item| {
            view! {
                <a class="nav-item" href=item.href aria-current=item.current.then_some("page")>
                    {item.icon.map(|icon| view! { <Icon name=icon /> })}
                    {item.label}
                    {item.count.map(|count| view! { <span class="count">{count}</span> })}
                </a>
            }
        })
        .collect_view()
}

/// Foot of a side bar: preferences, who is signed in, the way out.
#[component]
fn SideFoot(
    text: ShellText,
    langs: Vec<LangItem>,
    who: String,
    back: Option<String>,
) -> impl IntoView {
    view! {
        <div class="side-foot">
            <div class="tools">
                <LangSwitch label=text.language langs=langs back=back.clone() />
                <ThemeToggle dark=text.theme_dark light=text.theme_light back=back />
            </div>
            <p class="account-who">{who}</p>
            <form method="post" action="/logout">
                <button class="nav-item btn-block" type="submit">
                    <Icon name="log-out" />
                    {text.sign_out}
                </button>
            </form>
        </div>
    }
}

/// Frame of the public pages. Children bring their own `<div class="wrap">` or `narrow`.
#[component]
pub fn ShopShell(
    /// Words.
    text: ShellText,
    /// Entries of the header, at most five.
    nav: Vec<NavItem>,
    /// Entries of the footer.
    footer: Vec<NavItem>,
    /// Who sells, and the tax note.
    #[prop(into)]
    footer_note: String,
    /// Languages.
    langs: Vec<LangItem>,
    /// The signed-in reader.
    #[prop(optional_no_strip)]
    account: Option<Account>,
    /// Offer guests to sign in; pointless where they are about to.
    #[prop(default = true)]
    sign_in: bool,
    /// Address to come back to from the switches.
    #[prop(optional, into)]
    back: OptText,
    /// A search form.
    #[prop(optional, into)]
    search: Slot,
    /// A line above everything: `<p class="banner" data-tone="…">`.
    #[prop(optional, into)]
    banner: Slot,
    /// Content of `<main>`.
    children: Children,
) -> impl IntoView {
    let back = back.get();
    let banner = aside(banner);
    let tools = match account {
        Some(account) => view! { <AccountTools text=text.clone() account=account /> }.into_any(),
        None if sign_in => view! {
            <a class="btn" href="/login">
                {text.sign_in.clone()}
            </a>
        }
        .into_any(),
        None => ().into_any(),
    };
    view! {
        <SkipLink text=text.skip />
        {banner}
        <div class="shop">
            <header class="site-header">
                <div class="wrap">
                    <Brand name=text.brand href="/" />
                    <div class="site-menu" id="site-menu" popover="auto">
                        <MenuClose target="site-menu" label=text.close_menu />
                        <nav class="site-nav" aria-label=text.main_nav>
                            {nav
                                .into_iter()
                                .map(|item| {
                                    view! {
                                        <a
                                            href=item.href
                                            aria-current=item.current.then_some("page")
                                        >
                                            {item.label}
                                        </a>
                                    }
                                })
                                .collect_view()}
                        </nav>
                        {search.into_view()}
                        <div class="tools">
                            <LangSwitch label=text.language langs=langs back=back.clone() />
                            <ThemeToggle dark=text.theme_dark light=text.theme_light back=back />
                        </div>
                    </div>
                    <div class="tools">
                        {tools} <MenuButton target="site-menu" label=text.menu />
                    </div>
                </div>
            </header>
            <main id="main" tabindex="-1">
                {children()}
            </main>
            <footer class="site-footer">
                <div class="wrap">
                    <p>{footer_note}</p>
                    <nav aria-label=text.footer_nav>
                        {footer
                            .into_iter()
                            .map(|item| view! { <a href=item.href>{item.label}</a> })
                            .collect_view()}
                    </nav>
                </div>
            </footer>
        </div>
    }
}

/// Frame of the client area: at most seven entries, the balance always in sight.
#[component]
pub fn ClientShell(
    /// Words.
    text: ShellText,
    /// Entries of the side bar.
    nav: Vec<NavItem>,
    /// The balance.
    #[prop(optional_no_strip)]
    balance: Option<BalanceBox>,
    /// Languages.
    langs: Vec<LangItem>,
    /// Name or e-mail address of the reader.
    #[prop(into)]
    who: String,
    /// Address to come back to from the switches.
    #[prop(optional, into)]
    back: OptText,
    /// A line above everything, such as "You act as NordHost": `<p class="banner" data-tone="…">`.
    #[prop(optional, into)]
    banner: Slot,
    /// Content of `<main>`, laid out below each other.
    children: Children,
) -> impl IntoView {
    let banner = aside(banner);
    let chip = balance.as_ref().map(|balance| {
        view! { <BalanceChip label=text.balance.clone() amount=balance.amount.clone() /> }
    });
    let card = balance.map(|balance| {
        view! {
            <a class="side-balance" href=WALLET>
                <span class="side-balance-label">{text.balance.clone()}</span>
                <span class="side-balance-value money">{balance.amount}</span>
                {balance.hint.map(|hint| view! { <span class="side-balance-hint">{hint}</span> })}
            </a>
        }
    });
    view! {
        <SkipLink text=text.skip.clone() />
        {banner}
        <div class="app">
            <header class="side">
                <div class="side-bar">
                    <Brand name=text.brand.clone() href="/" />
                    {chip}
                    <MenuButton target="side-menu" label=text.menu.clone() />
                </div>
                <div class="side-menu" id="side-menu" popover="auto">
                    <MenuClose target="side-menu" label=text.close_menu.clone() />
                    {card}
                    <nav class="side-nav" aria-label=text.main_nav.clone()>
                        <SideItems items=nav />
                    </nav>
                    <SideFoot text=text langs=langs who=who back=back.get() />
                </div>
            </header>
            <div class="app-main">
                <main class="app-body" id="main" tabindex="-1">
                    {children()}
                </main>
            </div>
        </div>
    }
}

/// Frame of the desk: the same parts, denser, with a search over everything.
#[component]
pub fn DeskShell(
    /// Words.
    text: ShellText,
    /// Entries of the side bar.
    groups: Vec<NavGroup>,
    /// Languages.
    langs: Vec<LangItem>,
    /// Name or e-mail address of the reader.
    #[prop(into)]
    who: String,
    /// Address of the search.
    #[prop(default = "/admin/orders".to_owned(), into)]
    search_action: String,
    /// What was searched for.
    #[prop(optional, into)]
    query: OptText,
    /// Address to come back to from the switches.
    #[prop(optional, into)]
    back: OptText,
    /// A line above everything, such as "Demo data": `<p class="banner" data-tone="…">`.
    #[prop(optional, into)]
    banner: Slot,
    /// Content of `<main>`, laid out below each other.
    children: Children,
) -> impl IntoView {
    let banner = aside(banner);
    let search = text.search.clone();
    let nav = groups
        .into_iter()
        .map(|group| {
            view! {
                <div class="nav-group">
                    {group.label.map(|label| view! { <p class="side-group">{label}</p> })}
                    <SideItems items=group.items />
                </div>
            }
        })
        .collect_view();
    view! {
        <SkipLink text=text.skip.clone() />
        {banner}
        <div class="app desk" data-density="compact">
            <header class="side">
                <div class="side-bar">
                    <Brand name=text.brand.clone() href="/admin" />
                    <MenuButton target="side-menu" label=text.menu.clone() />
                </div>
                <div class="side-menu" id="side-menu" popover="auto">
                    <MenuClose target="side-menu" label=text.close_menu.clone() />
                    <nav class="side-nav" aria-label=text.main_nav.clone()>
                        {nav}
                    </nav>
                    <SideFoot text=text langs=langs who=who back=back.get() />
                </div>
            </header>
            <div class="app-main">
                <div class="app-top">
                    <form class="search" role="search" method="get" action=search_action>
                        <label class="visually-hidden" for="desk-search">
                            {search.clone()}
                        </label>
                        <button class="search-btn" type="submit" aria-label=search.clone()>
                            <Icon name="search" />
                        </button>
                        <input
                            class="input"
                            id="desk-search"
                            name="q"
                            type="search"
                            placeholder=search
                            value=query.get()
                        />
                    </form>
                </div>
                <main class="app-body" id="main" tabindex="-1">
                    {children()}
                </main>
            </div>
        </div>
    }
}
