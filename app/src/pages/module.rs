//! Buying a module: for which license, for how long, for how much; on its product page, and where a
//! panel sends its user to. No script: the price of each term stands beside it.

use domain::plan::FieldKind;
use leptos::prelude::*;
use portal::catalog::Offer;
use portal::licenses::{ModuleHome, Modules, OwnedModule};
use portal::locale::Locale;
use portal::people::{CustomerViewer, Viewer};
use uuid::Uuid;

use super::login::with_next;
use super::product::{fine, left, period_choice, staff_note, told_of_renewals};
use crate::api::ApiError;
use crate::components::{
    ActionsCell, ButtonKind, Cell, Column, DataTable, Field, LinkButton, Money, Notice, Panel,
    RadioCards, RadioOption, RowHead, SelectField, SelectOption, StatusPill, Tone, TotalRow,
    Totals,
};
use crate::context::Context;
use crate::{format, t};

/// The form of a module's product page, whoever looks at it.
pub(super) async fn form(cx: &Context, offer: &Offer) -> Result<AnyView, ApiError> {
    let locale = cx.locale;
    let prices = prices(locale, offer);
    let (viewer, homes) = match &cx.viewer {
        Viewer::Customer(viewer) => {
            let homes = cx.portal.module_homes(viewer, &offer.plan).await;
            (viewer, homes.map_err(|error| cx.failed(&error))?)
        }
        Viewer::Guest => {
            let (sign_in, join) =
                (with_next("/login", &cx.address), with_next("/join", &cx.address));
            return Ok(view! {
                <Panel title=t!(locale, "module-buy") id="buy">
                    {prices}
                    <p>{t!(locale, "module-sign-in-choose")}</p>
                    <LinkButton href=sign_in kind=ButtonKind::Primary size="btn-lg btn-block">
                        {t!(locale, "shell-sign-in")}
                    </LinkButton>
                    <LinkButton href=join size="btn-lg btn-block">
                        {t!(locale, "login-join")}
                    </LinkButton>
                </Panel>
            }
            .into_any());
        }
        Viewer::Staff(_) => {
            return Ok(view! {
                <Panel title=t!(locale, "module-buy") id="buy">
                    {prices} {staff_note(locale)}
                </Panel>
            }
            .into_any());
        }
    };
    let free: Vec<&ModuleHome> =
        homes.iter().filter(|home| home.takes && home.owned.is_none()).collect();
    if free.is_empty() {
        let text = if homes.iter().any(|home| home.owned.is_some()) {
            t!(locale, "module-all-have-it")
        } else if homes.is_empty() {
            t!(locale, "module-no-license")
        } else {
            t!(locale, "module-waits")
        };
        return Ok(view! {
            <Panel title=t!(locale, "module-buy") id="buy">
                {prices} <p>{text}</p>
                <div class="actions">
                    <LinkButton href="/my/licenses">{t!(locale, "licenses-title")}</LinkButton>
                    <LinkButton href="/catalog">{t!(locale, "nav-catalog")}</LinkButton>
                </div>
            </Panel>
        }
        .into_any());
    }
    let wanted = cx.typed("license").or_else(|| cx.query("license"));
    let options = free
        .iter()
        .map(|home| SelectOption {
            value: home.license.to_string(),
            label: home_name(locale, home),
            selected: wanted.as_deref() == Some(home.license.to_string().as_str()),
        })
        .collect();
    let choice = view! {
        <SelectField
            label=t!(locale, "module-for")
            name="license"
            options=options
            required=true
            error=cx.error_of("license")
        />
    };
    buy_form(cx, viewer, offer, choice.into_any()).await
}

/// Where a panel sends its user: the license is known, and a click buys.
pub(super) async fn for_license(
    cx: &Context,
    viewer: &CustomerViewer,
    offer: &Offer,
    license: Uuid,
) -> Result<AnyView, ApiError> {
    let hidden = view! { <input type="hidden" name="license" value=license.to_string() /> };
    buy_form(cx, viewer, offer, hidden.into_any()).await
}

async fn buy_form(
    cx: &Context,
    viewer: &CustomerViewer,
    offer: &Offer,
    license: AnyView,
) -> Result<AnyView, ApiError> {
    let locale = cx.locale;
    let plan = &offer.plan;
    let failed = |error| cx.failed(&error);
    let order = cx.portal.next_order_id(viewer, &plan.slug).await.map_err(failed)?;
    let balance = cx.portal.balance(viewer, plan.currency).await.map_err(failed)?;
    let spendable = balance.spendable();
    let typed = cx.typed("period").or_else(|| cx.query("period"));
    let options: Vec<RadioOption> = offer
        .prices
        .iter()
        .enumerate()
        .map(|(index, (period, price))| {
            let choice = period_choice(locale, offer, *period, *price);
            let said = |text: String| (!text.is_empty()).then_some(text);
            let left = left(locale, spendable, *price);
            RadioOption {
                value: format!("{period} {price}"),
                title: choice.title,
                hints: said(choice.hint).into_iter().chain(left).collect(),
                price: Some(choice.price),
                badge: said(choice.badge),
                checked: match &typed {
                    Some(typed) => *typed == choice.value,
                    None => index == 0,
                },
                disabled: false,
            }
        })
        .collect();
    let fields = plan
        .capabilities
        .fields
        .iter()
        .map(|field| {
            let label = plan
                .field_names
                .get(&field.code)
                .map_or_else(|| field.code.clone(), |name| name.get(locale).to_owned());
            let id = format!("field-{}", field.code);
            let name = format!("field[{}]", field.code);
            let value = cx.typed(&id).or_else(|| cx.query(&name)).unwrap_or_default();
            let error = cx.error_of(&id);
            let (kind, autocomplete) = match field.kind {
                FieldKind::Email => ("email", Some("email")),
                FieldKind::Text => ("text", None),
            };
            let autocomplete = autocomplete.unwrap_or("off");
            view! {
                <Field
                    label=label
                    name=name
                    id=id
                    kind=kind
                    autocomplete=autocomplete
                    maxlength=255
                    required=true
                    value=value
                    error=error
                />
            }
        })
        .collect_view();
    let first = offer.prices.first().map(|(_, price)| *price);
    let missing = first
        .and_then(|price| price.checked_sub(spendable).ok())
        .filter(|missing| !missing.is_negative() && !missing.is_zero());
    let money = if let Some(missing) = missing {
        let missing = format::money(locale, missing);
        let text = t!(locale, "form-missing", missing = missing);
        view! {
            <Notice tone=Tone::Warning>
                <p>
                    {text} " " <a href="/my/wallet">{t!(locale, "form-top-up")}</a>
                </p>
            </Notice>
        }
        .into_any()
    } else {
        let amount = format::money(locale, spendable);
        let text = t!(locale, "change-balance", amount = amount);
        view! { <p class="fine">{text}</p> }.into_any()
    };
    // Where there is a choice, the prices stand at the terms.
    let button = match offer.prices.as_slice() {
        [(_, price)] if !price.is_zero() => {
            t!(locale, "module-buy-for", price = format::money(locale, *price))
        }
        _ => t!(locale, "module-buy-now"),
    };
    let error = cx.error_of("period");
    let (slug, fine, renews) = (plan.slug.clone(), fine(locale, plan), told_of_renewals(plan));
    Ok(view! {
        <Panel title=t!(locale, "module-buy") id="buy">
            <form class="form" method="post" action="/buy">
                <input type="hidden" name="plan" value=slug />
                <input type="hidden" name="order" value=order.to_string() />
                <input type="hidden" name="renews" value=renews />
                {license}
                <RadioCards
                    legend=t!(locale, "form-period")
                    name="period"
                    options=options
                    error=error
                />
                {fields}
                {money}
                <button class="btn btn-primary btn-lg btn-block" type="submit">
                    {button}
                </button>
                <p class="fine">{fine}</p>
            </form>
        </Panel>
    }
    .into_any())
}

/// What each term costs, a line for each.
fn prices(locale: Locale, offer: &Offer) -> AnyView {
    let rows = offer
        .prices
        .iter()
        .map(|(period, price)| {
            let label = format::period(locale, *period);
            view! { <TotalRow label=label amount=format::price(locale, *price) /> }
        })
        .collect_view();
    view! { <Totals>{rows}</Totals> }.into_any()
}

/// "web-1, 203.0.113.7, ispmanager 6 lite, 70012": what tells licenses apart comes first, since a
/// narrow screen cuts the rest off.
fn home_name(locale: Locale, home: &ModuleHome) -> String {
    let mut parts: Vec<String> = home.name.iter().chain(&home.ip).cloned().collect();
    parts.extend([home.plan.get(locale).to_owned(), home.number.to_string()]);
    parts.join(", ")
}

/// "Active until 21 December 2026".
pub(super) fn standing(locale: Locale, owned: &OwnedModule) -> String {
    let (_, status) = format::license_status(locale, owned.status);
    match owned.expires_on {
        Some(day) => {
            t!(locale, "module-until", status = status, day = format::day(locale, day))
        }
        None => status,
    }
}

/// The modules on a license's page: those it has, and those it could have.
pub(super) fn panel(locale: Locale, license: Uuid, modules: Modules) -> Option<AnyView> {
    let waits = modules.waits.then(|| {
        view! { <p class="panel-note">{t!(locale, "modules-wait")}</p> }
    });
    if modules.owned.is_empty() && modules.available.is_empty() {
        return waits.map(|text| {
            view! {
                <Panel title=t!(locale, "license-modules") id="modules">
                    {text}
                </Panel>
            }
            .into_any()
        });
    }
    let columns = vec![
        Column::text(t!(locale, "module-col-name")),
        Column::text(t!(locale, "col-status")),
        Column::num(t!(locale, "col-price")),
        Column::actions(t!(locale, "col-actions")),
    ];
    let owned = modules.owned.into_iter().map(|module| {
        let (tone, _) = format::license_status(locale, module.status);
        let says = standing(locale, &module);
        let name = module.plan.get(locale).to_owned();
        let actions = if let Some(own) = module.license {
            let manage = format!("/my/licenses/{own}");
            let renew = module.may_renew.then(|| {
                let href = format!("/my/licenses/{own}/renew");
                view! {
                    <LinkButton href=href size="btn-sm">
                        {t!(locale, "change-renew")}
                    </LinkButton>
                }
            });
            let delete = module.may_delete.then(|| {
                let href = format!("/my/licenses/{own}/delete");
                view! {
                    <LinkButton href=href kind=ButtonKind::Quiet size="btn-sm btn-danger">
                        {t!(locale, "change-delete")}
                    </LinkButton>
                }
            });
            view! {
                {renew}
                <LinkButton href=manage size="btn-sm">
                    {t!(locale, "module-manage")}
                </LinkButton>
                {delete}
            }
            .into_any()
        } else {
            let order = format!("/my/orders/{}", module.order);
            view! {
                <LinkButton href=order size="btn-sm">
                    {t!(locale, "col-order")}
                </LinkButton>
            }
            .into_any()
        };
        let no_price = module.renewal.is_none();
        let price = module.renewal.map_or_else(
            || "–".to_owned(),
            |(period, price)| {
                format!("{} {}", format::price(locale, price), format::per_period(locale, period))
            },
        );
        view! {
            <tr>
                <RowHead>{name}</RowHead>
                <Cell label=t!(locale, "col-status")>
                    <StatusPill tone=tone label=says />
                </Cell>
                <Cell label=t!(locale, "col-price") num=true none=no_price>
                    <Money text=price />
                </Cell>
                <ActionsCell>{actions}</ActionsCell>
            </tr>
        }
        .into_any()
    });
    let available = modules.available.into_iter().filter_map(|offer| {
        let (period, price) = offer.prices.first().copied()?;
        let name = offer.plan.name.get(locale).to_owned();
        let price =
            format!("{} {}", format::price(locale, price), format::per_period(locale, period));
        let href = format!("/p/{}?license={license}#buy", offer.plan.slug);
        Some(
            view! {
                <tr>
                    <RowHead>{name}</RowHead>
                    <Cell label=t!(locale, "col-status")>{t!(locale, "module-available")}</Cell>
                    <Cell label=t!(locale, "col-price") num=true>
                        <Money text=price />
                    </Cell>
                    <ActionsCell>
                        <LinkButton href=href size="btn-sm">
                            {t!(locale, "module-add")}
                        </LinkButton>
                    </ActionsCell>
                </tr>
            }
            .into_any(),
        )
    });
    let rows: Vec<AnyView> = owned.chain(available).collect();
    let view = view! {
        <Panel title=t!(locale, "license-modules") id="modules" flush=true>
            <DataTable caption=t!(locale, "license-modules") columns=columns>
                {rows}
            </DataTable>
            {waits}
        </Panel>
    };
    Some(view.into_any())
}
