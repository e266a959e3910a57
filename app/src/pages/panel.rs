//! Where a panel's "Buy" leads (seed 004, step 2): one screen with the module, its price and the
//! license that it will belong to. What the panel sends can be made up by anybody, so it only chooses
//! what is shown; nothing is bought by it.

use leptos::prelude::*;
use portal::catalog::{Offer, PanelAnswer, PanelAsk, PanelHome};
use portal::licenses::ModuleHome;
use portal::locale::Locale;
use portal::people::Viewer;

use super::product::staff_note;
use super::{Shown, frame, module, refusal};
use crate::components::{
    ButtonKind, DefinitionGrid, Fact, LinkButton, Notice, PageHead, Panel, Step, Steps, Tone,
};
use crate::context::Context;
use crate::{format, t};

/// What the address asks for, if it is a panel's.
pub(super) fn asked(cx: &Context) -> Option<PanelAsk> {
    let value = |name: &str| cx.query(name).unwrap_or_default();
    let ask = PanelAsk {
        module: value("module"),
        module_id: value("module_id"),
        license: value("license"),
        ip: value("ip"),
    };
    let is_panel = cx.query("module").is_some() || cx.query("module_id").is_some();
    is_panel.then(|| ask.tidy())
}

pub(super) async fn landing(cx: Context, ask: PanelAsk) -> Shown {
    let locale = cx.locale;
    let answer = cx.portal.panel_asks(&cx.viewer, &ask).await.map_err(|error| cx.failed(&error))?;
    let (title, subtitle, body) = match answer {
        PanelAnswer::NoSuchModule => {
            let title = t!(locale, "panel-unknown");
            (title, t!(locale, "panel-unknown-text"), nothing(&cx))
        }
        PanelAnswer::Module { offer, public_month, home } => {
            let title = offer.plan.name.get(locale).to_owned();
            let subtitle = offer.plan.tagline.get(locale).to_owned();
            let own = offer.price_of(domain::Period::MONTH);
            let price = match (own, public_month) {
                (Some(own), Some(public)) if own != public => {
                    let (own, public) = (format::money(locale, own), format::money(locale, public));
                    t!(locale, "panel-price-both", own = own, public = public)
                }
                (Some(own), _) => {
                    t!(locale, "panel-price", price = format::money(locale, own))
                }
                (None, _) => String::new(),
            };
            let body = for_home(&cx, &offer, &ask, home).await?;
            let body = view! {
                <p class="price-line">{price}</p>
                {body}
            };
            (title, subtitle, body.into_any())
        }
    };
    let refused = refusal(&cx, t!(locale, "buy-refused-title"));
    let main = view! {
        <div class="wrap panel-landing">
            <PageHead title=title.clone() subtitle=subtitle />
            {refused}
            {body}
        </div>
    }
    .into_any();
    frame::shop(&cx, &title, main).await
}

async fn for_home(cx: &Context, offer: &Offer, ask: &PanelAsk, home: PanelHome) -> Shown {
    let locale = cx.locale;
    Ok(match home {
        PanelHome::SignIn => {
            let back = format::query(&cx.address);
            let (sign_in, join) = (format!("/login?next={back}"), format!("/join?next={back}"));
            view! {
                <Panel title=t!(locale, "module-buy") id="buy">
                    <p>{t!(locale, "module-sign-in")}</p>
                    <div class="actions">
                        <LinkButton href=sign_in kind=ButtonKind::Primary>
                            {t!(locale, "shell-sign-in")}
                        </LinkButton>
                        <LinkButton href=join>{t!(locale, "login-join")}</LinkButton>
                    </div>
                </Panel>
            }
            .into_any()
        }
        PanelHome::NotYours if cx.viewer.staff().is_some() => staff_note(locale),
        PanelHome::NotYours => not_yours(cx, offer, ask)?,
        PanelHome::Unfit { plan, fits } => {
            let fits: Vec<&str> = fits.iter().map(|name| name.get(locale)).collect();
            let text = t!(locale, "panel-unfit", plan = plan.get(locale), fits = fits.join(", "));
            view! {
                <Notice tone=Tone::Warning>
                    <p>{text}</p>
                </Notice>
            }
            .into_any()
        }
        PanelHome::Yours(home) => yours(cx, offer, *home).await?,
    })
}

/// Which license the panel named and who is signed in: one of the two is the wrong one.
fn not_yours(cx: &Context, offer: &Offer, ask: &PanelAsk) -> Shown {
    let locale = cx.locale;
    let named = (!ask.license.is_empty()).then(|| {
        let number = ask.license.clone();
        view! { <Fact label=t!(locale, "panel-named")>{number}</Fact> }
    });
    let server = (!ask.ip.is_empty()).then(|| {
        let ip = ask.ip.clone();
        view! { <Fact label=t!(locale, "col-server")>{ip}</Fact> }
    });
    let email = cx.customer()?.email.clone();
    let product = format!("/p/{}", offer.plan.slug);
    Ok(view! {
        <Notice tone=Tone::Warning>
            <p>{t!(locale, "panel-not-yours")}</p>
        </Notice>
        <DefinitionGrid>
            {named} {server} <Fact label=t!(locale, "panel-account")>{email}</Fact>
        </DefinitionGrid>
        <div class="actions">
            <LinkButton href=product kind=ButtonKind::Primary>
                {t!(locale, "panel-other-license")}
            </LinkButton>
            {ask_us(cx)}
            <form method="post" action="/logout">
                <input type="hidden" name="next" value=cx.address.clone() />
                <button class="btn" type="submit">
                    {t!(locale, "panel-other-account")}
                </button>
            </form>
        </div>
    }
    .into_any())
}

async fn yours(cx: &Context, offer: &Offer, home: ModuleHome) -> Shown {
    let locale = cx.locale;
    let license = facts(locale, &home);
    let viewer = cx.customer()?;
    let action = match (&home.owned, home.takes) {
        (Some(owned), _) => {
            let says = module::standing(locale, owned);
            let href = match owned.license {
                Some(license) => format!("/my/licenses/{license}"),
                None => format!("/my/orders/{}", owned.order),
            };
            view! {
                <Panel title=t!(locale, "panel-has-it") id="owned">
                    <p>{says}</p>
                    <LinkButton href=href>{t!(locale, "module-manage")}</LinkButton>
                </Panel>
                <Panel title=t!(locale, "panel-what-now") id="next">
                    <Steps>
                        <Step
                            title=t!(locale, "module-step-open")
                            text=t!(locale, "module-step-open-text")
                        />
                        <Step
                            title=t!(locale, "module-step-update")
                            text=t!(locale, "module-step-update-text")
                        />
                    </Steps>
                </Panel>
            }
            .into_any()
        }
        (None, true) => module::for_license(cx, viewer, offer, home.license).await?,
        (None, false) => view! {
            <Notice tone=Tone::Info>
                <p>{t!(locale, "module-waits")}</p>
            </Notice>
        }
        .into_any(),
    };
    Ok(view! {
        {license}
        {action}
    }
    .into_any())
}

fn facts(locale: Locale, home: &ModuleHome) -> impl IntoView + use<> {
    let href = format!("/my/licenses/{}", home.license);
    let number = home.number.to_string();
    let plan = home.plan.get(locale).to_owned();
    let ip = home.ip.clone().map(|ip| {
        view! { <Fact label=t!(locale, "col-server")>{ip}</Fact> }
    });
    view! {
        <Panel title=t!(locale, "panel-license") id="license-facts">
            <DefinitionGrid>
                <Fact label=t!(locale, "fact-license-number")>
                    <a href=href>{number}</a>
                </Fact>
                <Fact label=t!(locale, "col-plan")>{plan}</Fact>
                {ip}
            </DefinitionGrid>
        </Panel>
    }
}

/// The way to a person.
fn ask_us(cx: &Context) -> Option<impl IntoView + use<>> {
    let text = t!(cx.locale, "panel-ask");
    cx.site.ask().map(|href| view! { <LinkButton href=href>{text}</LinkButton> })
}

fn nothing(cx: &Context) -> AnyView {
    let locale = cx.locale;
    let sign_in = matches!(cx.viewer, Viewer::Guest).then(|| {
        let href = format!("/login?next={}", format::query(&cx.address));
        view! { <LinkButton href=href>{t!(locale, "shell-sign-in")}</LinkButton> }
    });
    view! {
        <div class="actions">
            <LinkButton href="/catalog" kind=ButtonKind::Primary>
                {t!(locale, "nav-catalog")}
            </LinkButton>
            {sign_in}
            {ask_us(cx)}
        </div>
    }
    .into_any()
}
