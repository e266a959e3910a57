//! Our accounts at vendors: all of them with a form for another one, and each with its settings, its
//! password and a look whether it works. For owners.

use leptos::prelude::*;
use portal::accounts::{
    ACCOUNT_SORTS, ACCOUNTS_BY_NAME, ACCOUNTS_BY_PLANS, Account, AccountError, BalanceFunction, By,
    Check, DialectKind, Looked, Ordering, Preset, Settings, families_to_text, functions_to_text,
};
use portal::licenses::ChangeRule;
use portal::listing::{Cursor, Key, Listed, Paging};
use portal::locale::Locale;
use portal::people::{Permission, StaffViewer};

use super::desk_vendors::{silence, trouble};
use super::{DESK_PAGE, Shown, frame, instant, page, param};
use crate::api::ApiError;
use crate::components::{
    Breadcrumbs, Cell, CheckField, Column, Crumb, DataTable, DefinitionGrid, Disclosure,
    ErrorSummary, Fact, Field, LinkButton, Notice, PageHead, Panel, RowHead, SelectField,
    SelectOption, StatusPill, TextArea, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/admin/upstreams`
#[component]
pub fn DeskUpstreams() -> impl IntoView {
    page(upstreams)
}

/// `/admin/upstreams/{slug}`
#[component]
pub fn DeskUpstream() -> impl IntoView {
    page(upstream)
}

/// What an error of a reading is to the reader of a page.
pub(super) fn failed(cx: &Context, error: AccountError) -> ApiError {
    match error {
        AccountError::Internal(error) => cx.failed(&error),
        _ => ApiError::NotFound,
    }
}

pub(super) fn crumbs(locale: Locale, rest: Vec<Crumb>) -> AnyView {
    let mut items = vec![Crumb::link("/admin/upstreams", t!(locale, "upstreams-title"))];
    items.extend(rest);
    view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=items /> }.into_any()
}

pub(super) fn preset_name(locale: Locale, preset: Preset) -> String {
    match preset {
        Preset::Eu => t!(locale, "preset-eu"),
        Preset::Ru => t!(locale, "preset-ru"),
        Preset::IspLicense => t!(locale, "preset-isplicense"),
        Preset::Legacy => t!(locale, "preset-legacy"),
    }
}

fn presets(locale: Locale, current: &str) -> Vec<SelectOption> {
    let none = SelectOption::new("", t!(locale, "preset-none"), current);
    let all = Preset::ALL
        .map(|preset| SelectOption::new(preset.as_str(), preset_name(locale, preset), current));
    std::iter::once(none).chain(all).collect()
}

fn ordering_name(locale: Locale, ordering: Ordering) -> String {
    match ordering {
        Ordering::AtOnce => t!(locale, "ordering-at-once"),
        Ordering::Basket => t!(locale, "ordering-basket"),
    }
}

async fn upstreams(cx: Context) -> Shown {
    let staff = cx.staff_who_may(Permission::ManageVendors)?;
    let locale = cx.locale;
    let asked = asked(&cx);
    let listed = listed(&cx, &asked).await?;
    let title = t!(locale, "upstreams-title");
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-upstream"))}
        {asked.select_field(locale, "dialect", t!(locale, "upstream-dialects"), dialect_choices())}
        {asked.select_field(locale, "status", t!(locale, "col-status"), standings(locale))}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "package",
        title: t!(locale, "upstreams-none"),
        text: t!(locale, "upstreams-none-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |accounts| {
        table(locale, &asked, &accounts).into_any()
    });
    let form = new_form(&cx);
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "upstreams-lead") />
        {refused(&cx)}
        {content}
        <Panel title=t!(locale, "upstream-new") id="new">
            {form}
        </Panel>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/upstreams", main))
}

fn asked(cx: &Context) -> Asked {
    let usual = Paging::first(ACCOUNTS_BY_NAME, DESK_PAGE);
    let names = ["q", "dialect", "status"];
    let mut asked = Asked::read(cx, "/admin/upstreams", &names, &ACCOUNT_SORTS, usual);
    asked.parsed("dialect", DialectKind::from_word);
    asked.parsed("status", Standing::from_word);
    asked
}

/// The accounts that the address asks for.
async fn listed(cx: &Context, asked: &Asked) -> Result<Listed<Account>, ApiError> {
    let staff = cx.staff_who_may(Permission::ManageVendors)?;
    let found = cx.portal.accounts(By::Staff(staff)).await;
    let mut rows = found.map_err(|error| failed(cx, error))?;
    let (dialect, standing) = (asked.value("dialect"), asked.value("status"));
    rows.retain(|account| {
        let settings = &account.settings;
        asked.finds(&[&account.slug, &settings.name, &settings.username, &settings.base_url])
            && dialect.is_none_or(|word| account.dialects.iter().any(|kind| kind.as_str() == word))
            && standing.is_none_or(|word| word == Standing::of(account).as_str())
    });
    let sort = asked.paging.sort;
    Ok(asked.cut(rows, |account| match sort {
        ACCOUNTS_BY_PLANS => Key::Number(account.plans),
        _ => Key::Text(account.settings.name.to_lowercase()),
    }))
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "account",
    "name",
    "url",
    "user",
    "dialects",
    "plans",
    "ordering",
    "status",
    "balance",
    "currency",
    "balance_at",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let asked = asked(cx).for_export(after)?;
    Ok(Chunk::of(listed(cx, &asked).await?, |account| {
        let (balance, at) = match account.balance {
            Some((balance, at)) => (Value::amount(balance), Value::time(at)),
            None => (Value::empty(), Value::empty()),
        };
        let dialects: Vec<_> = account.dialects.iter().map(|kind| kind.as_str()).collect();
        vec![
            Value::plain(&account.slug),
            Value::text(&account.settings.name),
            Value::text(&account.settings.base_url),
            Value::text(&account.settings.username),
            Value::plain(&dialects.join(" ")),
            Value::plain(&account.plans),
            Value::plain(account.settings.ordering.as_str()),
            Value::plain(Standing::of(&account).as_str()),
            balance,
            Value::plain(account.currency.code()),
            at,
        ]
    }))
}

/// How an account does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    On,
    Silent,
    Low,
    Off,
}

impl Standing {
    const ALL: [Self; 4] = [Self::On, Self::Silent, Self::Low, Self::Off];

    fn of(account: &Account) -> Self {
        if !account.settings.enabled {
            Self::Off
        } else if account.paused_until.is_some() {
            Self::Silent
        } else if account.is_low() {
            Self::Low
        } else {
            Self::On
        }
    }

    /// Its word in addresses and files.
    const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Silent => "silent",
            Self::Low => "low",
            Self::Off => "off",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == word)
    }

    fn label(self, locale: Locale) -> String {
        match self {
            Self::On => t!(locale, "upstream-on"),
            Self::Silent => t!(locale, "vendor-silent"),
            Self::Low => t!(locale, "upstream-low"),
            Self::Off => t!(locale, "upstream-off"),
        }
    }
}

fn standings(locale: Locale) -> Vec<(String, String)> {
    Standing::ALL.map(|one| (one.as_str().to_owned(), one.label(locale))).to_vec()
}

fn dialect_choices() -> Vec<(String, String)> {
    DialectKind::ALL.map(|kind| (kind.as_str().to_owned(), kind.as_str().to_owned())).to_vec()
}

fn table(locale: Locale, asked: &Asked, accounts: &[Account]) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(ACCOUNTS_BY_NAME, Column::text(t!(locale, "col-vendor"))),
        Column::text(t!(locale, "upstream-user")),
        Column::text(t!(locale, "upstream-dialects")),
        asked.sortable(ACCOUNTS_BY_PLANS, Column::num(t!(locale, "upstream-plans"))),
        Column::text(t!(locale, "upstream-ordering")),
        Column::num(t!(locale, "col-balance")),
        Column::text(t!(locale, "col-status")),
    ];
    let rows = accounts.iter().map(|account| row(locale, account)).collect_view();
    view! {
        <DataTable caption=t!(locale, "upstreams-title") columns=columns>
            {rows}
        </DataTable>
    }
}

fn row(locale: Locale, account: &Account) -> impl IntoView + use<> {
    let href = format!("/admin/upstreams/{}", account.slug);
    let (name, url) = (account.settings.name.clone(), account.settings.base_url.clone());
    let user = account.settings.username.clone();
    let dialects = dialects(account);
    let no_dialect = account.dialects.is_empty();
    let plans = account.plans.to_string();
    let ordering = ordering_name(locale, account.settings.ordering);
    let currency = account.currency.code();
    let balance = account
        .balance
        .map_or_else(|| currency.to_owned(), |(balance, _)| format::money(locale, balance));
    let state = state(locale, account);
    view! {
        <tr>
            <RowHead sub=url>
                <a href=href>{name}</a>
            </RowHead>
            <Cell label=t!(locale, "upstream-user")>{user}</Cell>
            <Cell label=t!(locale, "upstream-dialects") none=no_dialect>
                {dialects}
            </Cell>
            <Cell label=t!(locale, "upstream-plans") num=true>
                {plans}
            </Cell>
            <Cell label=t!(locale, "upstream-ordering")>{ordering}</Cell>
            <Cell label=t!(locale, "col-balance") num=true>
                {balance}
            </Cell>
            <Cell label=t!(locale, "col-status")>{state}</Cell>
        </tr>
    }
}

fn dialects(account: &Account) -> String {
    let words: Vec<_> = account.dialects.iter().map(|kind| kind.as_str()).collect();
    if words.is_empty() { "—".to_owned() } else { words.join(", ") }
}

fn state(locale: Locale, account: &Account) -> AnyView {
    let standing = Standing::of(account);
    let tone = match standing {
        Standing::On => Tone::Success,
        Standing::Silent | Standing::Low => Tone::Warning,
        Standing::Off => Tone::Neutral,
    };
    view! { <StatusPill tone=tone label=standing.label(locale) /> }.into_any()
}

fn new_form(cx: &Context) -> impl IntoView + use<> {
    let locale = cx.locale;
    let typed = |name: &str| cx.typed(name);
    let preset = typed("preset").unwrap_or_default();
    view! {
        <form class="form" method="post" action="/admin/upstream-add">
            <div class="fields">
                <Field
                    label=t!(locale, "code")
                    name="slug"
                    hint=t!(locale, "code-hint")
                    value=typed("slug")
                    error=cx.error_of("slug")
                    maxlength=40
                    autocomplete="off"
                    required=true
                />
                <SelectField
                    label=t!(locale, "upstream-preset")
                    name="preset"
                    options=presets(locale, &preset)
                    hint=t!(locale, "upstream-preset-new-hint")
                />
                <Field
                    label=t!(locale, "upstream-name")
                    name="name"
                    note=t!(locale, "upstream-preset-note")
                    value=typed("name")
                    error=cx.error_of("name")
                    maxlength=100
                    autocomplete="off"
                />
                <Field
                    label=t!(locale, "upstream-url")
                    name="base_url"
                    note=t!(locale, "upstream-preset-note")
                    hint=t!(locale, "upstream-url-hint")
                    value=typed("base_url")
                    error=cx.error_of("base_url")
                    inputmode="url"
                    autocomplete="off"
                    maxlength=300
                    wide=true
                />
                <Field
                    label=t!(locale, "upstream-currency")
                    name="currency"
                    note=t!(locale, "upstream-preset-note")
                    hint=t!(locale, "upstream-currency-hint")
                    value=typed("currency")
                    error=cx.error_of("currency")
                    autocomplete="off"
                    maxlength=3
                />
                <Field
                    label=t!(locale, "upstream-user-field")
                    name="username"
                    value=typed("username")
                    error=cx.error_of("username")
                    autocomplete="off"
                    maxlength=254
                    required=true
                />
                <Field
                    label=t!(locale, "upstream-password")
                    name="password"
                    kind="password"
                    hint=t!(locale, "upstream-password-hint")
                    error=cx.error_of("password")
                    autocomplete="new-password"
                    maxlength=200
                    required=true
                />
            </div>
            <div class="actions">
                <button class="btn btn-primary" type="submit">
                    {t!(locale, "upstream-add")}
                </button>
            </div>
        </form>
    }
}

async fn upstream(cx: Context) -> Shown {
    let staff = cx.staff_who_may(Permission::ManageVendors)?;
    let slug = param("slug")?;
    let account =
        cx.portal.account(By::Staff(staff), &slug).await.map_err(|error| failed(&cx, error))?;
    let silent = silent(&cx, staff, &account).await?;
    let locale = cx.locale;
    let title = account.settings.name.clone();
    let crumbs = crumbs(locale, vec![Crumb::here(title.clone())]);
    let import = format!("/admin/upstreams/{slug}/import");
    let there = format!("/admin/upstreams/{}/licenses", account.slug);
    let actions = view! {
        <form method="post" action="/admin/upstream-ping">
            <input type="hidden" name="slug" value=slug.clone() />
            <button class="btn" type="submit">
                {t!(locale, "upstream-ping")}
            </button>
        </form>
        <LinkButton href=there>{t!(locale, "at-vendor")}</LinkButton>
        <LinkButton href=import>{t!(locale, "upstream-import")}</LinkButton>
    }
    .into_any();
    let low = account.is_low().then(|| {
        view! {
            <Notice tone=Tone::Warning>
                <p>{t!(locale, "upstream-low-text")}</p>
            </Notice>
        }
    });
    let facts = facts(locale, &account);
    let settings = settings_form(&cx, &account);
    let password = password_form(&cx, &account);
    let main = view! {
        <PageHead
            title=title.clone()
            status=state(locale, &account)
            crumbs=crumbs
            actions=actions
        />
        {done(&cx)}
        {refused(&cx)}
        {silent}
        {low}
        <Panel>{facts}</Panel>
        {ping(locale, account.looked.as_ref())}
        <Panel title=t!(locale, "upstream-settings") id="settings">
            {settings}
        </Panel>
        <Panel title=t!(locale, "upstream-password-button") id="new-password">
            {password}
        </Panel>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/upstreams", main))
}

/// Why the vendor is left alone, while it is.
async fn silent(
    cx: &Context,
    staff: &StaffViewer,
    account: &Account,
) -> Result<Option<AnyView>, ApiError> {
    if Standing::of(account) != Standing::Silent {
        return Ok(None);
    }
    let locale = cx.locale;
    let treasury = cx.portal.treasury(staff).await.map_err(|error| cx.failed(&error))?;
    let vendor = treasury.iter().find(|vendor| vendor.slug == account.slug);
    Ok(vendor.and_then(|vendor| silence(locale, vendor)).map(|text| {
        let title = t!(locale, "nav-vendors");
        let all = view! { <LinkButton href="/admin/vendors">{title}</LinkButton> }.into_any();
        view! {
            <Notice tone=Tone::Warning actions=all>
                <p>{text}</p>
            </Notice>
        }
        .into_any()
    }))
}

/// What is wrong with a form; there are many fields, so each is named.
fn refused(cx: &Context) -> impl IntoView + use<> {
    let locale = cx.locale;
    let named = |(field, text): (String, String)| {
        let text = match field_label(locale, &field) {
            Some(label) => format!("{label}: {text}"),
            None => text,
        };
        (field, text)
    };
    let items = cx.errors().into_iter().map(named).collect();
    view! { <ErrorSummary title=t!(locale, "upstream-refused") items=items /> }
}

/// What a field is called; none for one whose error says it.
fn field_label(locale: Locale, field: &str) -> Option<String> {
    Some(match field {
        "slug" => t!(locale, "code"),
        "name" => t!(locale, "upstream-name"),
        "base_url" => t!(locale, "upstream-url"),
        "currency" => t!(locale, "upstream-currency"),
        "username" => t!(locale, "upstream-user-field"),
        "password" => t!(locale, "upstream-password"),
        "ordering" => t!(locale, "upstream-ordering"),
        "change_rule" => t!(locale, "upstream-change-rule"),
        "calls_per_minute" => t!(locale, "upstream-pace"),
        "max_concurrency" => t!(locale, "upstream-concurrency"),
        "max_attempts" => t!(locale, "upstream-attempts"),
        "kept_suspended_days" => t!(locale, "upstream-kept"),
        "connect_timeout_ms" => t!(locale, "upstream-connect"),
        "call_timeout_ms" => t!(locale, "upstream-call"),
        "check_timeout_ms" => t!(locale, "upstream-check"),
        "send_deadline_ms" => t!(locale, "upstream-send"),
        "lease_ms" => t!(locale, "upstream-lease"),
        "quiet_window_ms" => t!(locale, "upstream-quiet"),
        "second_sighting_ms" => t!(locale, "upstream-second"),
        "resend_within_ms" => t!(locale, "upstream-resend"),
        "undo_window_ms" => t!(locale, "upstream-undo"),
        "functions" => t!(locale, "upstream-functions"),
        "dialects" => t!(locale, "upstream-families"),
        "unmarked" => t!(locale, "upstream-unmarked"),
        _ => return None,
    })
}

fn done(cx: &Context) -> Option<AnyView> {
    let locale = cx.locale;
    let what = cx.query("done").filter(|_| cx.refused.is_none())?;
    let text = match what.as_str() {
        "added" => t!(locale, "upstream-added"),
        "set" => t!(locale, "upstream-set"),
        "password" => t!(locale, "upstream-password-set"),
        "ping" => t!(locale, "upstream-pinged"),
        _ => return None,
    };
    let shown = view! {
        <Notice tone=Tone::Success live=true>
            <p>{text}</p>
        </Notice>
    };
    Some(shown.into_any())
}

fn facts(locale: Locale, account: &Account) -> impl IntoView + use<> {
    let (slug, plans) = (account.slug.clone(), account.plans.to_string());
    let balance = match account.balance {
        Some((balance, at)) => {
            let balance = format::money(locale, balance);
            view! {
                {balance}
                <span class="fact-hint">{instant(locale, at)}</span>
            }
            .into_any()
        }
        None => t!(locale, "none-yet").into_any(),
    };
    let inferred = account
        .settings
        .preset
        .and_then(|preset| preset.table().ok())
        .map(|table| table.inferred.join(", "))
        .filter(|inferred| !inferred.is_empty())
        .map(|inferred| {
            let text = t!(locale, "upstream-inferred-text", fields = inferred);
            view! { <Fact label=t!(locale, "upstream-inferred")>{text}</Fact> }
        });
    let (currency, dialects) = (account.currency.code(), dialects(account));
    let families = match &account.settings.dialects {
        Some(families) => families_to_text(families).replace(' ', ", "),
        None => t!(locale, "filter-any"),
    };
    view! {
        <DefinitionGrid>
            <Fact label=t!(locale, "col-balance")>{balance}</Fact>
            <Fact label=t!(locale, "code")>{slug}</Fact>
            <Fact label=t!(locale, "upstream-currency")>{currency}</Fact>
            <Fact label=t!(locale, "upstream-plans")>{plans}</Fact>
            <Fact label=t!(locale, "upstream-families")>{families}</Fact>
            <Fact label=t!(locale, "upstream-dialects")>{dialects}</Fact>
            {inferred}
        </DefinitionGrid>
    }
}

/// What the last look showed.
fn ping(locale: Locale, looked: Option<&Looked>) -> Option<AnyView> {
    let looked = looked?;
    let columns = vec![
        Column::text(t!(locale, "ping-what")),
        Column::text(t!(locale, "ping-verdict")),
        Column::text(t!(locale, "ping-answer")),
    ];
    let rows = looked.checks.iter().map(|check| ping_row(locale, check)).collect_view();
    let at = looked.at;
    let foot = view! { {instant(locale, at)} }.into_any();
    let shown = view! {
        <Panel title=t!(locale, "ping-title") id="ping" flush=true foot=foot>
            <DataTable caption=t!(locale, "ping-title") columns=columns>
                {rows}
            </DataTable>
        </Panel>
    };
    Some(shown.into_any())
}

fn ping_row(locale: Locale, check: &Check) -> impl IntoView + use<> {
    let what = match check.what.as_str() {
        "balance" => t!(locale, "ping-balance"),
        "export" => t!(locale, "fact-pricelist"),
        list => {
            let family = list.strip_prefix("list:").unwrap_or(list).to_owned();
            t!(locale, "ping-list", family = family)
        }
    };
    let (tone, label) = if check.ok {
        (Tone::Success, t!(locale, "ping-ok"))
    } else {
        (Tone::Danger, t!(locale, "ping-failed"))
    };
    let text = check.text.clone();
    // What the vendor itself said stays in its words.
    let text = match trouble(locale, &text).filter(|_| !check.ok) {
        Some(word) => view! {
            <div>
                {word}
                <Disclosure summary=t!(locale, "vendor-details")>
                    <code class="small">{text}</code>
                </Disclosure>
            </div>
        }
        .into_any(),
        None => text.into_any(),
    };
    view! {
        <tr>
            <RowHead>{what}</RowHead>
            <Cell label=t!(locale, "ping-verdict")>
                <StatusPill tone=tone label=label />
            </Cell>
            <Cell label=t!(locale, "ping-answer")>{text}</Cell>
        </tr>
    }
}

/// A number of the settings, as it was typed or as it is.
struct Numbers<'a> {
    cx: &'a Context,
}

impl Numbers<'_> {
    /// Not `required`: inside a closed fold a browser could not show what it misses.
    fn field(&self, name: &'static str, value: i32) -> AnyView {
        let label = field_label(self.cx.locale, name).unwrap_or_default();
        let value = self.cx.typed(name).unwrap_or_else(|| value.to_string());
        let error = self.cx.error_of(name);
        view! {
            <Field
                label=label
                name=name
                value=value
                error=error
                inputmode="numeric"
                autocomplete="off"
                maxlength=9
            />
        }
        .into_any()
    }
}

/// The function families that there can be plans of; all are ticked where there is no limit.
fn families(cx: &Context, settings: &Settings) -> impl IntoView + use<> {
    let locale = cx.locale;
    let typed = cx.typed("dialects");
    let is_spoken = |kind: DialectKind| match &typed {
        Some(typed) => typed.split(' ').any(|word| word == kind.as_str()),
        None => settings.speaks(kind),
    };
    let boxes = DialectKind::ALL
        .into_iter()
        .enumerate()
        .map(|(index, kind)| {
            let word = kind.as_str();
            // The first one carries the bare name, so that an error can lead to it.
            let id = if index == 0 { "dialects".to_owned() } else { format!("dialects-{word}") };
            view! {
                <CheckField
                    label=word
                    name="dialects[]"
                    id=id
                    value=word
                    checked=is_spoken(kind)
                />
            }
        })
        .collect_view();
    let error = cx.error_of("dialects").map(|error| view! { <p class="error">{error}</p> });
    view! {
        <fieldset class="fieldset">
            <legend>{t!(locale, "upstream-families")}</legend>
            <p class="hint">{t!(locale, "upstream-families-hint")}</p>
            {error}
            <div class="check-columns">{boxes}</div>
        </fieldset>
    }
}

fn settings_form(cx: &Context, account: &Account) -> impl IntoView + use<> {
    let locale = cx.locale;
    let settings = &account.settings;
    let limits = settings.limits;
    let text = |name: &str, value: &str| cx.typed(name).unwrap_or_else(|| value.to_owned());
    // A box that is not ticked is not sent; a refused form has all others.
    let refused = cx.typed("ordering").is_some();
    let ticked = |name: &str, value: bool| {
        if refused { cx.typed(name).is_some_and(|text| !text.is_empty()) } else { value }
    };
    let word = |name: &str, value: Option<&str>| text(name, value.unwrap_or_default());
    let preset = word("preset", settings.preset.map(Preset::as_str));
    let ordering = word("ordering", Some(settings.ordering.as_str()));
    let orderings = [Ordering::AtOnce, Ordering::Basket]
        .map(|way| SelectOption::new(way.as_str(), ordering_name(locale, way), &ordering));
    let balance = word("balance_function", settings.balance_function.map(BalanceFunction::as_str));
    let balances = std::iter::once(SelectOption::new("", t!(locale, "balance-none"), &balance))
        .chain(
            BalanceFunction::ALL
                .map(|function| SelectOption::new(function.as_str(), function.as_str(), &balance)),
        )
        .collect();
    let rule = word("change_rule", Some(settings.change_rule.as_str()));
    let rules = ChangeRule::ALL.map(|known| {
        let label = match known {
            ChangeRule::CalendarMonth => t!(locale, "change-rule-month"),
            ChangeRule::Days31 => t!(locale, "change-rule-days"),
            ChangeRule::Unlimited => t!(locale, "change-rule-unlimited"),
        };
        SelectOption::new(known.as_str(), label, &rule)
    });
    let low = settings
        .low_balance
        .map(|low| domain::Money::new(low, account.currency).to_plain())
        .unwrap_or_default();
    let pace = limits.calls_per_minute.map(|calls| calls.to_string()).unwrap_or_default();
    let numbers = Numbers { cx };
    let counts = [
        ("max_concurrency", i32::from(limits.max_concurrency)),
        ("max_attempts", i32::from(limits.max_attempts)),
        ("kept_suspended_days", i32::from(limits.kept_suspended_days)),
    ]
    .map(|(name, value)| numbers.field(name, value));
    let times = [
        ("connect_timeout_ms", limits.connect_timeout_ms),
        ("call_timeout_ms", limits.call_timeout_ms),
        ("check_timeout_ms", limits.check_timeout_ms),
        ("send_deadline_ms", limits.send_deadline_ms),
        ("lease_ms", limits.lease_ms),
        ("quiet_window_ms", limits.quiet_window_ms),
        ("second_sighting_ms", limits.second_sighting_ms),
        ("resend_within_ms", limits.resend_within_ms),
        ("undo_window_ms", limits.undo_window_ms),
    ];
    let families = families(cx, settings);
    // Rarely wanted, so they unfold; a refused one is open again.
    let wrong_time = times.iter().any(|(name, _)| cx.error_of(name).is_some());
    let times = times.map(|(name, value)| numbers.field(name, value));
    view! {
        <form class="form" method="post" action="/admin/upstream-set">
            <input type="hidden" name="slug" value=account.slug.clone() />
            <input type="hidden" name="version" value=account.version.to_string() />
            <div class="fields">
                <Field
                    label=t!(locale, "upstream-name")
                    name="name"
                    value=text("name", &settings.name)
                    error=cx.error_of("name")
                    maxlength=100
                    autocomplete="off"
                    required=true
                />
                <Field
                    label=t!(locale, "upstream-url")
                    name="base_url"
                    hint=t!(locale, "upstream-url-hint")
                    value=text("base_url", &settings.base_url)
                    error=cx.error_of("base_url")
                    inputmode="url"
                    autocomplete="off"
                    maxlength=300
                    wide=true
                    required=true
                />
                <Field
                    label=t!(locale, "upstream-user-field")
                    name="username"
                    value=text("username", &settings.username)
                    error=cx.error_of("username")
                    autocomplete="off"
                    maxlength=254
                    required=true
                />
                <SelectField
                    label=t!(locale, "upstream-preset")
                    name="preset"
                    options=presets(locale, &preset)
                    hint=t!(locale, "upstream-preset-hint")
                />
                <SelectField
                    label=t!(locale, "upstream-ordering")
                    name="ordering"
                    options=orderings.to_vec()
                    error=cx.error_of("ordering")
                />
                <SelectField
                    label=t!(locale, "upstream-balance-function")
                    name="balance_function"
                    options=balances
                />
                <Field
                    label=t!(locale, "upstream-low-balance", currency = account.currency.code())
                    name="low_balance"
                    hint=t!(locale, "upstream-low-balance-hint")
                    value=text("low_balance", &low)
                    error=cx.error_of("low_balance")
                    inputmode="decimal"
                    autocomplete="off"
                    maxlength=16
                />
                <SelectField
                    label=t!(locale, "upstream-change-rule")
                    name="change_rule"
                    options=rules.to_vec()
                    error=cx.error_of("change_rule")
                />
                <Field
                    label=t!(locale, "upstream-pace")
                    name="calls_per_minute"
                    hint=t!(locale, "upstream-pace-hint")
                    value=text("calls_per_minute", &pace)
                    error=cx.error_of("calls_per_minute")
                    inputmode="numeric"
                    autocomplete="off"
                    maxlength=5
                />
                {counts}
            </div>
            <Disclosure summary=t!(locale, "upstream-times") open=wrong_time>
                <div class="fields">{times}</div>
            </Disclosure>
            {families}
            <TextArea
                label=t!(locale, "upstream-functions")
                name="functions"
                hint=t!(locale, "upstream-functions-hint")
                value=text("functions", &functions_to_text(&settings.functions))
                error=cx.error_of("functions")
                rows=3
            />
            <Field
                label=t!(locale, "upstream-unmarked")
                name="unmarked"
                hint=t!(locale, "upstream-unmarked-hint")
                value=text("unmarked", &families_to_text(&settings.unmarked))
                error=cx.error_of("unmarked")
                autocomplete="off"
                maxlength=200
            />
            <CheckField
                label=t!(locale, "upstream-renews-there")
                name="renews_there"
                hint=t!(locale, "upstream-renews-there-hint")
                checked=ticked("renews_there", settings.renews_there)
            />
            <CheckField
                label=t!(locale, "upstream-names-parent")
                name="module_names_parent"
                checked=ticked("module_names_parent", settings.module_names_parent)
            />
            <CheckField
                label=t!(locale, "upstream-enabled")
                name="enabled"
                checked=ticked("enabled", settings.enabled)
                hint=t!(locale, "upstream-enabled-hint")
            />
            <div class="actions">
                <button class="btn btn-primary" type="submit">
                    {t!(locale, "save")}
                </button>
            </div>
        </form>
    }
}

fn password_form(cx: &Context, account: &Account) -> impl IntoView + use<> {
    let locale = cx.locale;
    view! {
        <form class="form" method="post" action="/admin/upstream-password">
            <input type="hidden" name="slug" value=account.slug.clone() />
            <Field
                label=t!(locale, "upstream-password")
                name="password"
                kind="password"
                hint=t!(locale, "upstream-password-hint")
                error=cx.error_of("password")
                autocomplete="new-password"
                maxlength=200
                required=true
            />
            <div class="actions">
                <button class="btn" type="submit">
                    {t!(locale, "upstream-password-button")}
                </button>
            </div>
        </form>
    }
}
