//! What is sold, as staff see it: texts in both languages, family, availability, ends and what a
//! module fits.

use domain::operation::OperationKind;
use domain::plan::FieldKind;
use leptos::prelude::*;
use portal::accounts::DialectKind;
use portal::catalog::{
    AddonWire, FamilyRow, PLAN_SORTS, PLANS_BY_NAME, PLANS_BY_SHELF, PlanFilter, PlanPage, PlanRow,
    WireField,
};
use portal::listing::{Cursor, Paging};
use portal::locale::{Locale, Localized};
use portal::people::Permission;

use super::{DESK_PAGE, Shown, desk_inbox, frame, page, param, refusal};
use crate::api::ApiError;
use crate::components::{
    Breadcrumbs, Cell, CheckField, Column, Crumb, DataTable, DefinitionGrid, Disclosure, Fact,
    Field, LinkButton, Notice, PageHead, Panel, RowHead, SelectField, SelectOption, StatusPill,
    TextArea, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/admin/products`
#[component]
pub fn DeskProducts() -> impl IntoView {
    page(products)
}

async fn products(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let locale = cx.locale;
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.desk_plans(staff, &filter, &asked.paging)).await?;
    let families = cx.portal.families(staff).await.map_err(|error| cx.failed(&error))?;
    let title = t!(locale, "products-title");
    let actions = view! {
        <LinkButton href="/admin/families">{t!(locale, "families-title")}</LinkButton>
    }
    .into_any();
    let fields = fields(locale, &asked, &families);
    let nothing = Nothing {
        icon: "store",
        title: t!(locale, "products-empty"),
        text: t!(locale, "products-empty-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |plans| {
        plan_table(locale, &asked, plans).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "products-lead") actions=actions />
        {done(&cx)}
        {refusal(&cx, t!(locale, "product-refused"))}
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/products", main))
}

fn asked(cx: &Context) -> (Asked, PlanFilter) {
    let usual = Paging::first(PLANS_BY_SHELF, DESK_PAGE);
    let names = ["q", "family", "status"];
    let mut asked = Asked::read(cx, "/admin/products", &names, &PLAN_SORTS, usual);
    let filter = PlanFilter {
        text: asked.value("q").map(str::to_owned),
        family: asked.value("family").map(str::to_owned),
        available: asked.parsed("status", |word| match word {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }),
    };
    (asked, filter)
}

fn fields(locale: Locale, asked: &Asked, families: &[FamilyRow]) -> AnyView {
    let families = families
        .iter()
        .map(|family| (family.code.clone(), family.name.get(locale).to_owned()))
        .collect();
    let statuses = vec![
        ("on".to_owned(), t!(locale, "product-on")),
        ("off".to_owned(), t!(locale, "product-off")),
    ];
    view! {
        {asked.search_field(locale, t!(locale, "filter-group"))}
        {asked.select_field(locale, "family", t!(locale, "product-family"), families)}
        {asked.select_field(locale, "status", t!(locale, "col-status"), statuses)}
        {asked.sort_field(locale)}
    }
    .into_any()
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "plan",
    "number",
    "name",
    "family",
    "vendor",
    "dialect",
    "vendor_code",
    "available",
    "sale_ends_on",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.desk_plans(staff, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |plan| {
        vec![
            Value::text(plan.slug),
            Value::plain(&plan.number),
            Value::text(plan.name.get(cx.locale)),
            Value::text(plan.family.get(cx.locale)),
            Value::text(plan.vendor),
            Value::text(plan.dialect),
            Value::text(plan.upstream_code),
            Value::plain(&plan.available),
            plan.sale_ends_on.map_or_else(Value::empty, |day| Value::plain(&day)),
        ]
    }))
}

pub(super) fn done(cx: &Context) -> Option<impl IntoView + use<>> {
    let text = t!(cx.locale, "product-done");
    cx.query("done").filter(|_| cx.refused.is_none()).map(|_| {
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{text}</p>
            </Notice>
        }
    })
}

fn standing(locale: Locale, plan: &PlanRow) -> AnyView {
    let (tone, text) = match (plan.available, plan.sale_ends_on) {
        (false, _) => (Tone::Neutral, t!(locale, "product-off")),
        (true, Some(day)) => {
            (Tone::Warning, t!(locale, "product-until", day = format::day(locale, day)))
        }
        (true, None) => (Tone::Success, t!(locale, "product-on")),
    };
    view! { <StatusPill tone=tone label=text /> }.into_any()
}

fn plan_table(locale: Locale, asked: &Asked, plans: Vec<PlanRow>) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(PLANS_BY_NAME, Column::text(t!(locale, "col-plan"))),
        asked.sortable(PLANS_BY_SHELF, Column::text(t!(locale, "product-family"))),
        Column::text(t!(locale, "col-vendor")),
        Column::text(t!(locale, "col-status")),
    ];
    let rows = plans
        .into_iter()
        .map(|plan| {
            let href = format!("/admin/products/{}", plan.slug);
            let standing = standing(locale, &plan);
            let name = plan.name.get(locale).to_owned();
            let family = plan.family.get(locale).to_owned();
            let code = format!("{} {}", plan.dialect, plan.upstream_code);
            view! {
                <tr>
                    <RowHead sub=plan.slug>
                        <a href=href>{name}</a>
                    </RowHead>
                    <Cell label=t!(locale, "product-family")>{family}</Cell>
                    <Cell label=t!(locale, "col-vendor")>
                        <span>
                            {plan.vendor} <span class="cell-sub">
                                <code>{code}</code>
                            </span>
                        </span>
                    </Cell>
                    <Cell label=t!(locale, "col-status")>{standing}</Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "products-title") columns=columns>
            {rows}
        </DataTable>
    }
}

/// A text in both languages, side by side.
pub(super) fn both(
    cx: &Context,
    field: &str,
    label: [String; 2],
    text: &Localized,
    rows: u32,
) -> AnyView {
    let controls = Locale::ALL
        .into_iter()
        .zip(label)
        .map(|(locale, label)| {
            let id = format!("{field}-{}", locale.as_str());
            let name = format!("{field}[{}]", locale.as_str());
            let known = text.0.get(locale.as_str()).cloned().unwrap_or_default();
            let value = cx.typed(&id).unwrap_or(known);
            let error = cx.error_of(&id);
            let required = locale == Locale::En;
            if rows > 1 {
                view! {
                    <TextArea
                        label=label
                        name=name
                        id=id
                        rows=rows
                        value=value
                        error=error
                        required=required
                    />
                }
                .into_any()
            } else {
                view! {
                    <Field
                        label=label
                        name=name
                        id=id
                        value=value
                        error=error
                        maxlength=200
                        autocomplete="off"
                        required=required
                    />
                }
                .into_any()
            }
        })
        .collect_view();
    view! { <div class="pair">{controls}</div> }.into_any()
}

pub(super) fn in_both(locale: Locale, what: &str) -> [String; 2] {
    [t!(locale, "text-in-english", what = what), t!(locale, "text-in-russian", what = what)]
}

/// `/admin/products/{plan}`
#[component]
pub fn DeskProductPage() -> impl IntoView {
    page(product)
}

async fn product(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let slug = param("plan")?;
    let locale = cx.locale;
    let plan = cx
        .portal
        .desk_plan(staff, &slug)
        .await
        .map_err(|error| cx.failed(&error))?
        .ok_or(ApiError::NotFound)?;
    let title = plan.row.name.get(locale).to_owned();
    let crumbs = vec![
        Crumb::link("/admin/products", t!(locale, "products-title")),
        Crumb::here(title.clone()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let status = standing(locale, &plan.row);
    let (facts, elsewhere) = (facts(locale, &plan.row), elsewhere(locale, &plan.row));
    let form = form(&cx, &plan, staff.role.may(Permission::SetPrices));
    let wire = staff.role.may(Permission::ManageVendors).then(|| wire_form(&cx, &plan));
    let main = view! {
        <PageHead
            title=title.clone()
            subtitle=t!(locale, "product-lead")
            crumbs=crumbs
            status=status
            actions=elsewhere
        />
        {done(&cx)}
        {refusal(&cx, t!(locale, "product-refused"))}
        <Panel>{facts}</Panel>
        <Panel title=t!(locale, "product-text") id="text">
            {form}
        </Panel>
        {wire}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/products", main))
}

/// Its other pages; in the shop it has one only while it is sold.
fn elsewhere(locale: Locale, row: &PlanRow) -> AnyView {
    let shop = format!("/p/{}", row.slug);
    let costs = format!("/admin/costs/{}", row.slug);
    let shown = row
        .available
        .then(|| view! { <LinkButton href=shop>{t!(locale, "product-in-shop")}</LinkButton> });
    view! {
        <LinkButton href=costs icon="receipt">
            {t!(locale, "costs-title")}
        </LinkButton>
        {shown}
    }
    .into_any()
}

fn facts(locale: Locale, row: &PlanRow) -> impl IntoView + use<> {
    let number = row.number.to_string();
    let vendor = row.vendor.clone();
    let code = format!("{} {}", row.dialect, row.upstream_code);
    view! {
        <DefinitionGrid>
            <Fact label=t!(locale, "product-number")>{number}</Fact>
            <Fact label=t!(locale, "col-vendor")>{vendor}</Fact>
            <Fact label=t!(locale, "product-code")>
                <code>{code}</code>
            </Fact>
        </DefinitionGrid>
    }
}

fn form(cx: &Context, plan: &PlanPage, may: bool) -> AnyView {
    let locale = cx.locale;
    let text = &plan.text;
    let name = both(cx, "name", in_both(locale, &t!(locale, "product-name")), &text.name, 1);
    let tagline =
        both(cx, "tagline", in_both(locale, &t!(locale, "family-summary")), &text.tagline, 1);
    let about = in_both(locale, &t!(locale, "product-paragraphs"));
    let description = both(cx, "description", about, &text.description, 8);
    let family = cx.typed("family").unwrap_or_else(|| text.family.clone());
    let families = plan
        .families
        .iter()
        .map(|row| SelectOption::new(row.code.clone(), row.name.get(locale), &family))
        .collect();
    let available = match cx.typed("available") {
        Some(typed) => typed == "on",
        None => text.available,
    };
    let day = |field: &str, known: Option<time::Date>| {
        cx.typed(field).or_else(|| known.map(|day| day.to_string())).unwrap_or_default()
    };
    let (sale, renewal) =
        (day("sale_ends_on", text.sale_ends_on), day("renewal_ends_on", text.renewal_ends_on));
    let (sale_error, renewal_error) = (cx.error_of("sale_ends_on"), cx.error_of("renewal_ends_on"));
    let module = plan.is_module.then(|| module_fields(cx, plan));
    let save = may.then(|| {
        view! {
            <div class="actions">
                <button class="btn btn-primary" type="submit">
                    {t!(locale, "product-save")}
                </button>
                <LinkButton href="/admin/products">{t!(locale, "rule-cancel")}</LinkButton>
            </div>
        }
    });
    let (slug, version) = (plan.row.slug.clone(), plan.version.to_string());
    let product =
        cx.typed("product").unwrap_or_else(|| plan.text.product.clone().unwrap_or_default());
    let product_error = cx.error_of("product");
    let withheld = withheld(cx, plan);
    view! {
        <form class="form" method="post" action="/admin/product">
            <input type="hidden" name="plan" value=slug />
            <input type="hidden" name="version" value=version />
            {name}
            {tagline}
            {description}
            <SelectField label=t!(locale, "product-family") name="family" options=families />
            <CheckField
                label=t!(locale, "product-available")
                name="available"
                checked=available
                hint=t!(locale, "product-available-hint")
            />
            <div class="pair">
                <Field
                    label=t!(locale, "product-sale-ends")
                    name="sale_ends_on"
                    kind="date"
                    hint=t!(locale, "product-sale-ends-hint")
                    value=sale
                    error=sale_error
                />
                <Field
                    label=t!(locale, "product-renewal-ends")
                    name="renewal_ends_on"
                    kind="date"
                    hint=t!(locale, "product-renewal-ends-hint")
                    value=renewal
                    error=renewal_error
                />
            </div>
            <Field
                label=t!(locale, "product-product")
                name="product"
                hint=t!(locale, "product-product-hint")
                maxlength=60
                autocomplete="off"
                value=product
                error=product_error
            />
            {withheld}
            {module}
            {save}
        </form>
    }
    .into_any()
}

/// What the vendor's functions could do and this plan cannot: no button offers it then.
fn withheld(cx: &Context, plan: &PlanPage) -> Option<AnyView> {
    let locale = cx.locale;
    let typed = cx.typed("withheld");
    let is_withheld = |kind: OperationKind| match &typed {
        Some(typed) => typed.split(' ').any(|word| word == kind.as_str()),
        None => plan.text.withheld.contains(&kind),
    };
    if plan.abilities.is_empty() {
        return None;
    }
    let boxes = plan
        .abilities
        .iter()
        .map(|kind| {
            view! {
                <CheckField
                    label=desk_inbox::what(locale, *kind)
                    name="withheld[]"
                    id=format!("withheld-{}", kind.as_str())
                    value=kind.as_str()
                    checked=is_withheld(*kind)
                />
            }
        })
        .collect_view();
    let view = view! {
        <fieldset class="fieldset">
            <legend>{t!(locale, "product-withheld")}</legend>
            <p class="hint">{t!(locale, "product-withheld-hint")}</p>
            <div class="check-columns">{boxes}</div>
        </fieldset>
    };
    Some(view.into_any())
}

/// What a module fits, and what panels call it.
fn module_fields(cx: &Context, plan: &PlanPage) -> AnyView {
    let locale = cx.locale;
    let chosen: Vec<String> = match cx.typed("fits") {
        Some(typed) => typed.split(' ').map(str::to_owned).collect(),
        None => plan.text.fits.clone(),
    };
    let boxes = plan
        .homes
        .iter()
        .enumerate()
        .map(|(index, (slug, name))| {
            // The first one carries the bare name, so that an error can lead to it.
            let id = if index == 0 { "fits".to_owned() } else { format!("fits-{index}") };
            let checked = chosen.contains(slug);
            view! {
                <CheckField
                    label=name.get(locale).to_owned()
                    name="fits[]"
                    id=id
                    value=slug.clone()
                    checked=checked
                />
            }
        })
        .collect_view();
    let known = plan.text.service_name.clone().unwrap_or_default();
    let service = cx.typed("service_name").unwrap_or(known);
    let service_error = cx.error_of("service_name");
    let error = cx.error_of("fits").map(|error| view! { <p class="error">{error}</p> });
    view! {
        <fieldset class="fieldset">
            <legend>{t!(locale, "product-fits")}</legend>
            {error}
            <div class="check-columns">{boxes}</div>
        </fieldset>
        <Field
            label=t!(locale, "product-service-name")
            name="service_name"
            hint=t!(locale, "product-service-name-hint")
            maxlength=60
            autocomplete="off"
            value=service
            error=service_error
        />
    }
    .into_any()
}

/// How it is bought. For owners, and rarely: it unfolds when it is wanted.
fn wire_form(cx: &Context, plan: &PlanPage) -> impl IntoView + use<> {
    let locale = cx.locale;
    let wire = &plan.wire;
    let open = cx.typed("dialect").is_some();
    let dialect = cx.typed("dialect").unwrap_or_else(|| wire.dialect.as_str().to_owned());
    let dialects = DialectKind::ALL
        .map(|kind| SelectOption::new(kind.as_str(), kind.as_str(), &dialect))
        .to_vec();
    let flag = |field: &str, known: bool| cx.typed(field).map_or(known, |typed| typed == "on");
    let (needs_ip, has_key) = (flag("needs_ip", wire.needs_ip), flag("has_key", wire.has_key));
    let code = cx.typed("code").unwrap_or_else(|| wire.code.clone());
    let (code_error, dialect_error) = (cx.error_of("code"), cx.error_of("dialect"));
    let terms = wire
        .terms
        .iter()
        .map(|(period, code)| {
            let label = t!(locale, "wire-term", term = format::period(locale, *period));
            let known = code.clone().unwrap_or_default();
            text_part(cx, format!("term-{period}"), format!("term[{period}]"), label, known, false)
        })
        .collect_view();
    let addons = wire.addons.iter().map(|(key, addon)| addon_part(cx, key, addon)).collect_view();
    // One row more than there are, for a new one.
    let places = if plan.is_module { wire.fields.len().saturating_add(1) } else { 0 };
    let fields =
        (0..places).map(|place| field_part(cx, place, wire.fields.get(place))).collect_view();
    let (slug, version) = (plan.row.slug.clone(), plan.version.to_string());
    view! {
        <Panel title=t!(locale, "wire-title") id="wire">
            <Disclosure summary=t!(locale, "wire-lead") open=open>
                <form class="form" method="post" action="/admin/product-wire">
                    <input type="hidden" name="plan" value=slug />
                    <input type="hidden" name="version" value=version />
                    <p class="hint">{t!(locale, "wire-hint")}</p>
                    <div class="pair">
                        <SelectField
                            label=t!(locale, "wire-functions")
                            name="dialect"
                            options=dialects
                            hint=t!(locale, "wire-functions-hint")
                            error=dialect_error
                        />
                        <Field
                            label=t!(locale, "product-code")
                            name="code"
                            autocomplete="off"
                            maxlength=60
                            value=code
                            error=code_error
                            required=true
                        />
                    </div>
                    <CheckField label=t!(locale, "wire-needs-ip") name="needs_ip" checked=needs_ip />
                    <CheckField label=t!(locale, "wire-has-key") name="has_key" checked=has_key />
                    <fieldset class="fieldset">
                        <legend>{t!(locale, "wire-terms")}</legend>
                        <p class="hint">{t!(locale, "wire-terms-hint")}</p>
                        <div class="fields fields-three">{terms}</div>
                    </fieldset>
                    {addons}
                    {fields}
                    <div class="actions">
                        <button class="btn" type="submit">
                            {t!(locale, "wire-save")}
                        </button>
                    </div>
                </form>
            </Disclosure>
        </Panel>
    }
}

fn text_part(
    cx: &Context,
    id: String,
    name: String,
    label: String,
    known: String,
    required: bool,
) -> AnyView {
    let value = cx.typed(&id).unwrap_or(known);
    let error = cx.error_of(&id);
    view! {
        <Field
            label=label
            name=name
            id=id
            autocomplete="off"
            maxlength=80
            value=value
            error=error
            required=required
        />
    }
    .into_any()
}

/// The names of a part in both languages.
fn part_names(
    cx: &Context,
    part: &str,
    field: &str,
    what: &str,
    known: &Localized,
    required: bool,
) -> Vec<AnyView> {
    Locale::ALL
        .into_iter()
        .zip(in_both(cx.locale, what))
        .map(|(locale, label)| {
            let code = locale.as_str();
            let text = known.0.get(code).cloned().unwrap_or_default();
            let required = required && locale == Locale::En;
            let name = format!("{field}[name-{code}]");
            text_part(cx, format!("{part}-name-{code}"), name, label, text, required)
        })
        .collect()
}

fn addon_part(cx: &Context, key: &str, addon: &AddonWire) -> AnyView {
    let locale = cx.locale;
    let what = addon.name.get(locale).to_owned();
    let (part, field) = (format!("addon-{key}"), format!("addon[{key}]"));
    let names = part_names(cx, &part, &field, &what, &addon.name, true);
    let text = |name: &str, label: String, known: String| {
        text_part(cx, format!("{part}-{name}"), format!("{field}[{name}]"), label, known, true)
    };
    let numbers = [
        text("code", t!(locale, "wire-part-code", what = what.as_str()), addon.code.clone()),
        text("base", t!(locale, "wire-addon-base", what = what.as_str()), addon.base.to_string()),
        text("max", t!(locale, "wire-addon-max", what = what.as_str()), addon.max.to_string()),
        text("step", t!(locale, "wire-addon-step", what = what.as_str()), addon.step.to_string()),
    ];
    view! {
        <fieldset class="fieldset">
            <legend>{what}</legend>
            <div class="fields fields-three">{names} {numbers.into_iter().collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

fn field_part(cx: &Context, place: usize, known: Option<&WireField>) -> AnyView {
    let locale = cx.locale;
    let legend = match known {
        Some(_) => t!(locale, "wire-field", number = place.saturating_add(1)),
        None => t!(locale, "wire-field-new"),
    };
    let (part, field) = (format!("field-{place}"), format!("field[{place}]"));
    let code = known.map(|known| known.field.code.clone()).unwrap_or_default();
    let nothing = Localized::default();
    let words = known.map_or(&nothing, |known| &known.name);
    let names = part_names(cx, &part, &field, &legend, words, false);
    let id = format!("{part}-kind");
    let kind = cx.typed(&id).unwrap_or_else(|| match known.map(|known| known.field.kind) {
        Some(FieldKind::Email) => "email".to_owned(),
        _ => "text".to_owned(),
    });
    let kinds = [("text", t!(locale, "wire-kind-text")), ("email", t!(locale, "wire-kind-email"))]
        .map(|(word, label)| SelectOption::new(word, label, &kind))
        .to_vec();
    let label = t!(locale, "wire-part-code", what = legend.as_str());
    let code = text_part(cx, format!("{part}-code"), format!("{field}[code]"), label, code, false);
    let kind_error = cx.error_of(&id);
    view! {
        <fieldset class="fieldset">
            <legend>{legend.clone()}</legend>
            <div class="fields fields-three">
                {code}
                <SelectField
                    label=t!(locale, "wire-field-kind", what = legend.as_str())
                    name=format!("{field}[kind]")
                    id=id
                    options=kinds
                    error=kind_error
                />
                {names}
            </div>
        </fieldset>
    }
    .into_any()
}
