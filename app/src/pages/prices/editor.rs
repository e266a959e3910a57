//! One group's pricelist: its rules, every price that they make, and changing them in a draft.

use std::collections::BTreeSet;

use domain::pricelist::{Markup, Pricelist, Rounding, Rule};
use domain::{Currency, Period};
use leptos::prelude::*;
use portal::listing::{Cursor, Key, Listed, Paging};
use portal::locale::Locale;
use portal::people::{Permission, StaffViewer};
use portal::pricing::{
    Editor, PRICE_SORTS, PRICES_BY_COST, PRICES_BY_MARGIN, PRICES_BY_PRICE, PRICES_BY_SHELF,
    PriceRow, Seen,
};

use super::explain::explain;
use super::{
    Names, author, capital, crumbs, group_name, margin, price, rounding, seen_fields, unit,
};
use crate::api::ApiError;
use crate::components::{
    ActionsCell, ButtonKind, Cell, CheckField, Column, Crumb, DataTable, Disclosure, Empty,
    ErrorSummary, Field, LinkButton, Money, Notice, PageHead, Panel, RowHead, SelectField,
    SelectOption, StatusPill, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::pages::{Shown, frame, page, param};
use crate::{format, t};

/// `/admin/pricelists/{group}`
#[component]
pub fn PricelistPage() -> impl IntoView {
    page(pricelist)
}

async fn pricelist(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let editor = editor_of(&cx, staff, &param("group")?).await?;
    let locale = cx.locale;
    let may = staff.role.may(Permission::SetPrices);
    let name = group_name(locale, &editor.group);
    let title = format!("{}: {name}", t!(locale, "fact-pricelist"));
    let crumbs = crumbs(
        locale,
        vec![Crumb::link("/admin/pricelists", t!(locale, "pricelists-title")), Crumb::here(name)],
    );
    let versions = format!("/admin/pricelists/{}/versions", editor.group.code);
    let actions = view! {
        <LinkButton href=versions icon="history">
            {t!(locale, "versions-title")}
        </LinkButton>
    }
    .into_any();
    let subtitle = t!(
        locale,
        "pricelist-lead",
        version = editor.version,
        at = format::moment(locale, editor.published.at),
        author = author(locale, &editor.published),
        customers = editor.customers
    );
    let rules = rules(&cx, &editor, may);
    let prices = prices(&cx, &editor, may);
    let forms = may.then(|| forms(&cx, &editor));
    let main = view! {
        <PageHead title=title.clone() subtitle=subtitle crumbs=crumbs actions=actions />
        {refused(&cx)}
        {notices(&cx, &editor)}
        {rules}
        {forms}
        {prices}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/pricelists", main))
}

/// What is wrong with a form of this page. A rule's form has many fields, so each is named.
fn refused(cx: &Context) -> impl IntoView + use<> {
    let locale = cx.locale;
    let title = match cx.typed("place").as_deref() {
        None => t!(locale, "prices-refused"),
        Some("") => t!(locale, "rule-not-added"),
        Some(_) => t!(locale, "rule-not-changed"),
    };
    let named = |(field, text): (String, String)| {
        let label = match field.as_str() {
            "subject" => t!(locale, "rule-subject"),
            "addon" => t!(locale, "rule-addon"),
            "period" => t!(locale, "rule-period"),
            "kind" => t!(locale, "rule-kind"),
            "value" => t!(locale, "rule-value"),
            "currency" => t!(locale, "rule-currency"),
            _ => return (field, text),
        };
        (field, format!("{label}: {text}"))
    };
    let items = cx.errors().into_iter().map(named).collect();
    view! { <ErrorSummary title=title items=items /> }
}

/// The group's pricelist with the viewer's own draft.
pub async fn editor_of(cx: &Context, staff: &StaffViewer, group: &str) -> Result<Editor, ApiError> {
    let found = cx.portal.pricelist_editor(staff, group).await;
    found.map_err(|error| cx.failed(&error))?.ok_or(ApiError::NotFound)
}

/// What the forms of this page have seen.
pub fn seen(editor: &Editor) -> Seen {
    match &editor.draft {
        Some(draft) => Seen { version: draft.base_version, revision: draft.revision },
        None => Seen { version: editor.version, revision: 0 },
    }
}

fn notices(cx: &Context, editor: &Editor) -> impl IntoView + use<> {
    let locale = cx.locale;
    let fresh = cx.refused.is_none();
    let published = cx.query("published").filter(|_| fresh).map(|version| {
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{t!(locale, "prices-published", version = version)}</p>
            </Notice>
        }
    });
    let discarded = cx.query("discarded").filter(|_| fresh).map(|_| {
        view! {
            <Notice tone=Tone::Info live=true>
                <p>{t!(locale, "prices-discarded")}</p>
            </Notice>
        }
    });
    let others = (!editor.others.is_empty()).then(|| {
        let names: Vec<String> = editor.others.iter().map(|by| author(locale, by)).collect();
        view! {
            <Notice tone=Tone::Warning>
                <p>{t!(locale, "prices-others", names = names.join(", "))}</p>
            </Notice>
        }
    });
    view! {
        {published}
        {discarded}
        {draft(cx, editor)}
        {others}
    }
}

/// What is not published yet, and the ways on.
fn draft(cx: &Context, editor: &Editor) -> Option<impl IntoView + use<>> {
    let locale = cx.locale;
    let draft = editor.draft.as_ref()?;
    let overtaken = draft.base_version != editor.version;
    let text = if overtaken {
        t!(
            locale,
            "prices-overtaken",
            version = editor.version,
            author = author(locale, &editor.published)
        )
    } else {
        t!(locale, "prices-draft", count = editor.changes.len())
    };
    let review = format!("/admin/pricelists/{}/review", editor.group.code);
    let seen = seen(editor);
    let on = if overtaken {
        rebase_button(cx, editor).into_any()
    } else {
        view! {
            <LinkButton href=review kind=ButtonKind::Primary>
                {t!(locale, "prices-review")}
            </LinkButton>
        }
        .into_any()
    };
    let tone = if overtaken { Tone::Warning } else { Tone::Info };
    let actions = view! {
        {on}
        <form method="post" action="/admin/pricelist_discard">
            {seen_fields(&editor.group.code, seen)}
            <button class="btn" type="submit">
                {t!(locale, "prices-discard", count = editor.changes.len())}
            </button>
        </form>
    }
    .into_any();
    Some(view! {
        <Notice tone=tone title=t!(locale, "prices-draft-title") actions=actions>
            <p>{text}</p>
        </Notice>
    })
}

/// Puts the draft on top of the version that overtook it.
pub fn rebase_button(cx: &Context, editor: &Editor) -> impl IntoView + use<> {
    let text = t!(cx.locale, "prices-rebase", version = editor.version);
    view! {
        <form method="post" action="/admin/pricelist_rebase">
            {seen_fields(&editor.group.code, seen(editor))}
            <button class="btn btn-primary" type="submit">
                {text}
            </button>
        </form>
    }
}

fn names<'a>(cx: &Context, editor: &'a Editor) -> Names<'a> {
    Names { locale: cx.locale, families: &editor.families, rows: &editor.rows }
}

fn rules(cx: &Context, editor: &Editor, may: bool) -> AnyView {
    let locale = cx.locale;
    let names = names(cx, editor);
    let title = t!(locale, "rules-title");
    if editor.list.rules.is_empty() {
        return view! {
            <Panel title=title id="rules" flush=true>
                <Empty
                    icon="tag"
                    title=t!(locale, "rules-empty")
                    text=t!(locale, "rules-empty-text")
                />
            </Panel>
        }
        .into_any();
    }
    let mut columns = vec![
        Column::text(t!(locale, "col-rule")),
        Column::text(t!(locale, "col-sets")),
        Column::num(t!(locale, "col-decides")),
    ];
    if may {
        columns.push(Column::actions(t!(locale, "col-actions")));
    }
    let rows = editor
        .list
        .rules
        .iter()
        .enumerate()
        .map(|(place, rule)| {
            let decides = editor.rows.iter().filter(|row| decided_by(row, place)).count();
            let idle = (decides == 0).then(|| t!(locale, "rule-idle"));
            let scope = format!("{}. {}", place + 1, names.scope(rule));
            let actions = may.then(|| rule_actions(cx, editor, place, &scope));
            let markup = names.markup(rule);
            let fresh = (!editor.in_force.rules.contains(rule)).then(|| {
                let label = t!(locale, "rule-unpublished");
                view! {
                    " "
                    <StatusPill tone=Tone::Info label=label />
                }
            });
            view! {
                <tr>
                    <RowHead sub=idle>{scope} {fresh}</RowHead>
                    <Cell label=t!(locale, "col-sets")>{markup}</Cell>
                    <Cell label=t!(locale, "col-decides") num=true>
                        {decides.to_string()}
                    </Cell>
                    {actions}
                </tr>
            }
        })
        .collect_view();
    let gone: Vec<String> = editor
        .in_force
        .rules
        .iter()
        .filter(|rule| !editor.list.rules.contains(rule))
        .map(|rule| format!("{} ({})", names.scope(rule), names.markup(rule)))
        .collect();
    let gone = (!gone.is_empty()).then(|| {
        view! {
            " "
            {t!(locale, "rules-gone", rules = gone.join("; "))}
        }
    });
    let hint = view! { <span>{t!(locale, "rules-hint")} {gone}</span> }.into_any();
    view! {
        <Panel title=title.clone() id="rules" flush=true foot=hint>
            <DataTable caption=title columns=columns>
                {rows}
            </DataTable>
        </Panel>
    }
    .into_any()
}

fn decided_by(row: &PriceRow, place: usize) -> bool {
    row.result.as_ref().is_ok_and(|found| found.rule == place)
}

fn rule_actions(cx: &Context, editor: &Editor, place: usize, scope: &str) -> impl IntoView + use<> {
    let locale = cx.locale;
    let edit = format!("/admin/pricelists/{}?rule={place}#rule", editor.group.code);
    let (change, remove) = (t!(locale, "rule-change"), t!(locale, "rule-remove"));
    let (change_this, remove_this) = (format!("{change}: {scope}"), format!("{remove}: {scope}"));
    let seen = seen_fields(&editor.group.code, seen(editor));
    view! {
        <ActionsCell>
            <a class="btn btn-sm" href=edit aria-label=change_this>
                {change}
            </a>
            <form method="post" action="/admin/pricelist_drop">
                {seen}
                <input type="hidden" name="place" value=place.to_string() />
                <button class="btn btn-sm btn-quiet" type="submit" aria-label=remove_this>
                    {remove}
                </button>
            </form>
        </ActionsCell>
    }
}

/// What the form of a rule holds at first.
#[derive(Default, PartialEq, Eq)]
struct Typed {
    place: String,
    subject: String,
    period: String,
    addon: String,
    kind: String,
    value: String,
    currency: String,
    below_cost: bool,
}

impl Typed {
    /// What was refused, else the rule or the price that the address names, else an empty form.
    fn of(cx: &Context, editor: &Editor) -> Self {
        if cx.typed("kind").is_some() {
            let typed = |name| cx.typed(name).unwrap_or_default();
            return Self {
                place: typed("place"),
                subject: typed("subject"),
                period: typed("period"),
                addon: typed("addon"),
                kind: typed("kind"),
                value: typed("value"),
                currency: typed("currency"),
                below_cost: !typed("below_cost").is_empty(),
            };
        }
        let place: Option<usize> = cx.query("rule").and_then(|place| place.parse().ok());
        if let Some((place, rule)) = place.and_then(|at| Some((at, editor.list.rules.get(at)?))) {
            return Self { place: place.to_string(), ..Self::of_rule(rule) };
        }
        let wanted = cx.query("set");
        let row = editor.rows.iter().find(|row| Some(address_of(row)) == wanted);
        row.map_or_else(Self::empty, Self::of_price)
    }

    fn empty() -> Self {
        Self { kind: "percent".to_owned(), ..Self::default() }
    }

    fn of_rule(rule: &Rule) -> Self {
        let (kind, value) = match rule.markup {
            Markup::Percent(percent) => ("percent", percent.normalize().to_string()),
            Markup::Fixed(amount) => ("fixed", amount.to_plain()),
            Markup::Explicit(amount) => ("explicit", amount.to_plain()),
        };
        let scope = &rule.scope;
        let subject = match (&scope.plan, &scope.family, &scope.product) {
            (Some(slug), ..) => format!("plan:{slug}"),
            (None, Some(code), Some(name)) => format!("product:{code}:{name}"),
            (None, Some(code), None) => format!("family:{code}"),
            (None, None, _) => String::new(),
        };
        Self {
            place: String::new(),
            subject,
            period: scope.period.map(|period| period.to_string()).unwrap_or_default(),
            addon: scope.addon.clone().unwrap_or_default(),
            kind: kind.to_owned(),
            value,
            currency: rule.currency().map(|it| it.code().to_owned()).unwrap_or_default(),
            below_cost: rule.below_cost,
        }
    }

    fn of_price(row: &PriceRow) -> Self {
        Self {
            subject: format!("plan:{}", row.key.plan),
            period: row.key.period.to_string(),
            addon: row.key.addon.clone().unwrap_or_default(),
            kind: "explicit".to_owned(),
            value: row.price().unwrap_or(row.cost).to_plain(),
            currency: row.cost.currency().code().to_owned(),
            ..Self::default()
        }
    }
}

/// A price's place in addresses.
fn address_of(row: &PriceRow) -> String {
    let addon = row.key.addon.as_deref().unwrap_or_default();
    format!("{}.{}.{addon}", row.key.plan, row.key.period)
}

fn forms(cx: &Context, editor: &Editor) -> impl IntoView + use<> {
    let locale = cx.locale;
    let typed = Typed::of(cx, editor);
    let title = match typed.place.parse::<usize>() {
        Ok(place) => {
            let number = place.saturating_add(1);
            t!(locale, "rule-form-change", number = number)
        }
        Err(_) => t!(locale, "rule-form-new"),
    };
    let (rule, settings) = (rule_form(cx, editor, &typed), settings(cx, editor));
    // Rules and prices are what this page is for: the long form unfolds when it is wanted.
    let wanted = editor.list.rules.is_empty() || typed != Typed::empty();
    view! {
        <Panel title=title id="rule">
            <Disclosure summary=t!(locale, "rule-form-unfold") open=wanted>
                {rule}
            </Disclosure>
        </Panel>
        <Panel title=t!(locale, "settings-title") id="settings">
            {settings}
        </Panel>
    }
}

fn rule_form(cx: &Context, editor: &Editor, typed: &Typed) -> impl IntoView + use<> {
    let locale = cx.locale;
    let changing = !typed.place.is_empty();
    // A draft waits to be published: that is the button to press then.
    let add = if editor.draft.is_some() { ButtonKind::Secondary } else { ButtonKind::Primary };
    let cancel = changing.then(|| {
        let href = format!("/admin/pricelists/{}", editor.group.code);
        view! { <LinkButton href=href>{t!(locale, "rule-cancel")}</LinkButton> }
    });
    let kinds = [
        ("percent", t!(locale, "kind-percent")),
        ("fixed", t!(locale, "kind-fixed")),
        ("explicit", t!(locale, "kind-explicit")),
    ]
    .into_iter()
    .map(|(word, label)| SelectOption::new(word, label, &typed.kind))
    .collect();
    let currencies = currencies(editor)
        .into_iter()
        .map(|code| SelectOption::new(code.code(), code.code(), &typed.currency))
        .collect();
    view! {
        <form class="form" method="post" action="/admin/pricelist_rule">
            {seen_fields(&editor.group.code, seen(editor))}
            <input type="hidden" name="place" value=typed.place.clone() />
            <div class="fields fields-three">
                <SelectField
                    label=t!(locale, "rule-subject")
                    name="subject"
                    options=subjects(cx, editor, &typed.subject)
                    error=cx.error_of("subject")
                />
                <SelectField
                    label=t!(locale, "rule-addon")
                    name="addon"
                    options=addons(cx, editor, &typed.addon)
                    error=cx.error_of("addon")
                />
                <SelectField
                    label=t!(locale, "rule-period")
                    name="period"
                    options=periods(cx, editor, &typed.period)
                    error=cx.error_of("period")
                />
                <SelectField
                    label=t!(locale, "rule-kind")
                    name="kind"
                    options=kinds
                    error=cx.error_of("kind")
                />
                <Field
                    label=t!(locale, "rule-value")
                    name="value"
                    hint=t!(locale, "rule-value-hint")
                    inputmode="decimal"
                    autocomplete="off"
                    maxlength=16
                    value=Some(typed.value.clone())
                    error=cx.error_of("value")
                    required=true
                />
                <SelectField
                    label=t!(locale, "rule-currency")
                    name="currency"
                    hint=t!(locale, "rule-currency-hint")
                    options=currencies
                    error=cx.error_of("currency")
                />
            </div>
            <CheckField
                label=t!(locale, "rule-below-cost")
                name="below_cost"
                hint=t!(locale, "rule-below-cost-hint")
                checked=typed.below_cost
                error=cx.error_of("below_cost")
            />
            <div class="actions">
                <button class=add.class() type="submit">
                    {if changing { t!(locale, "rule-save") } else { t!(locale, "rule-add") }}
                </button>
                {cancel}
            </div>
        </form>
    }
}

/// The currencies of the shelf.
fn currencies(editor: &Editor) -> Vec<Currency> {
    let mut found = Vec::new();
    for row in &editor.rows {
        let currency = row.cost.currency();
        if !found.contains(&currency) {
            found.push(currency);
        }
    }
    found
}

fn subjects(cx: &Context, editor: &Editor, current: &str) -> Vec<SelectOption> {
    let locale = cx.locale;
    let mut options = vec![SelectOption::new("", t!(locale, "rule-everything"), current)];
    for (code, name) in &editor.families {
        let label = t!(locale, "rule-family", family = name.get(locale));
        options.push(SelectOption::new(format!("family:{code}"), label, current));
        let own = || editor.rows.iter().filter(|row| row.family == *code);
        let products: BTreeSet<&String> = own().filter_map(|row| row.product.as_ref()).collect();
        options.extend(products.into_iter().map(|name| {
            let label = t!(locale, "rule-product", product = name.as_str());
            SelectOption::new(format!("product:{code}:{name}"), label, current)
        }));
        let mut seen = BTreeSet::new();
        for row in own() {
            if seen.insert(&row.key.plan) {
                let value = format!("plan:{}", row.key.plan);
                options.push(SelectOption::new(value, row.plan_name.get(locale), current));
            }
        }
    }
    options
}

fn addons(cx: &Context, editor: &Editor, current: &str) -> Vec<SelectOption> {
    let names = names(cx, editor);
    let codes: BTreeSet<&String> =
        editor.rows.iter().filter_map(|row| row.key.addon.as_ref()).collect();
    let mut options = vec![SelectOption::new("", t!(cx.locale, "rule-no-addon"), current)];
    options
        .extend(codes.into_iter().map(|code| SelectOption::new(code, names.addon(code), current)));
    options
}

fn periods(cx: &Context, editor: &Editor, current: &str) -> Vec<SelectOption> {
    let locale = cx.locale;
    let codes: BTreeSet<Period> = editor.rows.iter().map(|row| row.key.period).collect();
    let mut options = vec![SelectOption::new("", t!(locale, "rule-any-period"), current)];
    options.extend(codes.into_iter().map(|period| {
        SelectOption::new(period.to_string(), format::period(locale, period), current)
    }));
    options
}

fn settings(cx: &Context, editor: &Editor) -> impl IntoView + use<> {
    let locale = cx.locale;
    let list = &editor.list;
    let seen = seen(editor);
    let value = cx.typed("margin").unwrap_or_else(|| list.minimum_margin.normalize().to_string());
    let save = view! {
        <button class="btn" type="submit">
            {t!(locale, "settings-save")}
        </button>
    }
    .into_any();
    // Where there is one currency, a rounding of its own would be the same field twice.
    let mut each = currencies(editor);
    if each.len() < 2 {
        each.retain(|currency| list.roundings.contains_key(currency));
    }
    let roundings = std::iter::once(None)
        .chain(each.into_iter().map(Some))
        .map(|currency| rounding_form(cx, editor, list, currency))
        .collect_view();
    view! {
        <div class="fields fields-wide">
            <form method="post" action="/admin/pricelist_margin">
                {seen_fields(&editor.group.code, seen)}
                <Field
                    label=t!(locale, "settings-margin")
                    name="margin"
                    hint=t!(locale, "settings-margin-hint")
                    inputmode="decimal"
                    autocomplete="off"
                    maxlength=8
                    value=Some(value)
                    error=cx.error_of("margin")
                    after=save
                    required=true
                />
            </form>
            {roundings}
        </div>
    }
}

/// The rounding of one currency, or of all that have none of their own.
fn rounding_form(
    cx: &Context,
    editor: &Editor,
    list: &Pricelist,
    currency: Option<Currency>,
) -> impl IntoView + use<> {
    let locale = cx.locale;
    let code = currency.map(|currency| currency.code().to_owned()).unwrap_or_default();
    let (label, own) = match currency {
        None => (t!(locale, "settings-rounding"), Some(list.rounding)),
        Some(currency) => (
            t!(locale, "settings-rounding-of", currency = currency.code()),
            list.roundings.get(&currency).copied(),
        ),
    };
    let current = own.map_or("", format::rounding_word);
    let mut options = Vec::new();
    if currency.is_some() {
        options.push(SelectOption::new("", t!(locale, "rounding-as-all"), current));
    }
    options.extend(Rounding::ALL.map(|each| {
        SelectOption::new(format::rounding_word(each), capital(&rounding(locale, each)), current)
    }));
    let save = view! {
        <button
            class="btn"
            type="submit"
            aria-label=format!("{}: {label}", t!(locale, "settings-save"))
        >
            {t!(locale, "settings-save")}
        </button>
    }
    .into_any();
    view! {
        <form method="post" action="/admin/pricelist_rounding">
            {seen_fields(&editor.group.code, seen(editor))}
            <input type="hidden" name="rounding_currency" value=code.clone() />
            <SelectField
                label=label
                name="rounding"
                id=format!("rounding-{code}")
                options=options
                after=save
            />
        </form>
    }
}

/// Prices of a page.
const PRICES: u16 = 50;
/// What is looked for among them.
const SHOWN: [&str; 2] = ["unsold", "loss"];

fn asked(cx: &Context, group: &str) -> Asked {
    let usual = Paging::first(PRICES_BY_SHELF, PRICES);
    let path = format!("/admin/pricelists/{group}");
    let mut asked = Asked::read(cx, &path, &["q", "family", "show"], &PRICE_SORTS, usual);
    asked.file_at("/admin/prices.csv", "group", group.to_owned());
    asked.parsed("show", |word| SHOWN.into_iter().find(|show| *show == word));
    asked
}

/// The prices that the address asks for.
fn listed<'a>(locale: Locale, asked: &Asked, editor: &'a Editor) -> Listed<&'a PriceRow> {
    let family = asked.value("family");
    let rows = editor
        .rows
        .iter()
        .filter(|row| family.is_none_or(|family| row.family == family))
        .filter(|row| asked.finds(&[&row.key.plan, row.plan_name.get(locale)]))
        .filter(|row| match asked.value("show") {
            Some("unsold") => row.price().is_none(),
            Some("loss") => row.sells_at_a_loss(),
            _ => true,
        })
        .collect();
    let sort = asked.paging.sort;
    // Rows that are otherwise alike keep the order of the shelf; what has no price comes first.
    asked.cut(rows, |row| {
        Key::Number(match sort {
            PRICES_BY_COST => row.cost.amount(),
            PRICES_BY_PRICE => row.price().map_or(i64::MIN, domain::Money::amount),
            PRICES_BY_MARGIN => row.margin_per_mille().unwrap_or(i64::MIN),
            _ => 0,
        })
    })
}

/// The columns of the file.
pub const CSV: &[&str] =
    &["plan", "period", "addon", "cost", "price", "margin", "currency", "rule", "minimum"];

/// The rows of the file: the viewer's draft where there is one, as on the page.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let group = cx.query("group").unwrap_or_else(|| portal::pricing::PUBLIC.to_owned());
    let editor = editor_of(cx, staff, &group).await?;
    let asked = asked(cx, &editor.group.code).for_export(after)?;
    Ok(Chunk::of(listed(cx.locale, &asked, &editor), |row| {
        let found = row.result.as_ref().ok();
        vec![
            Value::text(&row.key.plan),
            Value::plain(&row.key.period),
            Value::maybe(row.key.addon.as_ref()),
            Value::amount(row.cost),
            row.price().map_or_else(Value::empty, Value::amount),
            row.margin().map_or_else(Value::empty, Value::amount),
            Value::currency(row.cost),
            found.map_or_else(Value::empty, |found| Value::plain(&found.rule.saturating_add(1))),
            found.map_or_else(Value::empty, |found| Value::amount(found.floor)),
        ]
    }))
}

/// Every price, filtered and sorted by the address.
fn prices(cx: &Context, editor: &Editor, may: bool) -> AnyView {
    let locale = cx.locale;
    let asked = asked(cx, &editor.group.code);
    let listed = listed(locale, &asked, editor);
    let families = editor
        .families
        .iter()
        .map(|(code, name)| (code.clone(), name.get(locale).to_owned()))
        .collect();
    let shows = vec![
        ("unsold".to_owned(), t!(locale, "filter-unsold")),
        ("loss".to_owned(), t!(locale, "filter-loss")),
    ];
    let fields = view! {
        {asked.search_field(locale, t!(locale, "col-plan"))}
        {asked.select_field(locale, "family", t!(locale, "col-family"), families)}
        {asked.select_field(locale, "show", t!(locale, "filter-show"), shows)}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "tag",
        title: t!(locale, "prices-none"),
        text: t!(locale, "products-empty-text"),
        action: None,
    };
    let heading = Some(t!(locale, "prices-title"));
    list(cx, &asked, heading, fields, listed, nothing, |rows| {
        price_table(cx, &asked, editor, rows, may).into_any()
    })
}

fn price_table(
    cx: &Context,
    asked: &Asked,
    editor: &Editor,
    rows: Vec<&PriceRow>,
    may: bool,
) -> impl IntoView + use<> {
    let locale = cx.locale;
    let names = names(cx, editor);
    let mut columns = vec![
        asked.sortable(PRICES_BY_SHELF, Column::text(t!(locale, "col-plan"))),
        asked.sortable(PRICES_BY_COST, Column::num(t!(locale, "col-cost"))),
        Column::text(t!(locale, "col-rule")),
        asked.sortable(PRICES_BY_PRICE, Column::num(t!(locale, "col-price"))),
        asked.sortable(PRICES_BY_MARGIN, Column::num(t!(locale, "col-margin-share"))),
    ];
    if may {
        columns.push(Column::actions(t!(locale, "col-actions")));
    }
    let rows = rows
        .into_iter()
        .map(|row| {
            let plan = row.plan_name.get(locale).to_owned();
            let unit = unit(locale, &row.key, row.addon_name.as_ref());
            let action = may.then(|| {
                let href =
                    format!("/admin/pricelists/{}?set={}#rule", editor.group.code, address_of(row));
                let text = t!(locale, "price-set");
                let label = format!("{text}: {plan}, {unit}");
                view! {
                    <ActionsCell>
                        <a class="btn btn-sm btn-quiet" href=href aria-label=label>
                            {text}
                        </a>
                    </ActionsCell>
                }
            });
            let cost = format::money(locale, row.cost);
            let price = price_or_pill(cx, row);
            // What the draft changes stands beside what is paid until it is published.
            let changed = editor.changes.iter().find(|change| change.after.key == row.key);
            let before = changed.map(|change| match change.before {
                Some(before) => t!(locale, "price-was", price = format::money(locale, before)),
                None => t!(locale, "price-was-none"),
            });
            let no_margin = row.margin().is_none();
            let margin = margin(locale, row);
            let why = explain(&names, &editor.list, row);
            view! {
                <tr>
                    <RowHead sub=unit>{plan}</RowHead>
                    <Cell label=t!(locale, "col-cost") num=true>
                        <Money text=cost />
                    </Cell>
                    <Cell label=t!(locale, "col-rule")>{why}</Cell>
                    <Cell label=t!(locale, "col-price") num=true sub=before>
                        {price}
                    </Cell>
                    <Cell label=t!(locale, "col-margin-share") num=true none=no_margin>
                        <Money text=margin />
                    </Cell>
                    {action}
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "prices-title") columns=columns>
            {rows}
        </DataTable>
    }
}

/// The price; what is sold at a loss or not at all stands out.
pub fn price_or_pill(cx: &Context, row: &PriceRow) -> AnyView {
    let locale = cx.locale;
    if row.price().is_none() {
        let label = if row.is_below_floor() {
            t!(locale, "price-below-cost")
        } else {
            t!(locale, "price-not-sold")
        };
        return view! { <StatusPill tone=Tone::Warning label=label /> }.into_any();
    }
    view! { <Money text=price(locale, row) /> }.into_any()
}
