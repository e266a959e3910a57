//! Signing in.

use leptos::prelude::*;
use portal::demo;
use portal::people::Viewer;

use super::{Shown, frame, go, page, refusal};
use crate::components::{Copyable, DefinitionGrid, Fact, Field, Notice, Panel, Tone};
use crate::context::{Context, inside};
use crate::{format, t};

/// `/login`
#[component]
pub fn Login() -> impl IntoView {
    page(login)
}

async fn login(cx: Context) -> Shown {
    let locale = cx.locale;
    let next = cx.query("next").map(|next| inside(&next)).unwrap_or_default();
    if let Some(home) = home(&cx.viewer) {
        return Ok(go(if next.is_empty() { home } else { &next }));
    }
    let title = t!(locale, "login-title");
    let demo = cx.portal.demo.then(|| {
        view! {
            <Panel title=t!(locale, "login-demo") id="demo">
                <DefinitionGrid>
                    <Fact label=t!(locale, "login-demo-customer")>
                        <Copyable text=demo::CUSTOMER />
                    </Fact>
                    <Fact label=t!(locale, "login-demo-staff")>
                        <Copyable text=demo::ADMIN />
                    </Fact>
                    <Fact label=t!(locale, "login-demo-password")>
                        <Copyable text=demo::PASSWORD />
                    </Fact>
                </DefinitionGrid>
            </Panel>
        }
    });
    // Whoever forgot theirs can only ask us, where there is an address for that.
    let forgot = cx.site.support.clone().zip(cx.site.ask()).map(|(address, href)| {
        view! {
            <p class="fine">
                {t!(locale, "login-forgot")} " " <a href=href>{address}</a>
            </p>
        }
    });
    let main = view! {
        <div class="narrow">
            <div class="narrow-head">
                <h1>{title.clone()}</h1>
                <p>
                    {t!(locale, "login-new")} " "
                    <a href=with_next("/join", &next)>{t!(locale, "login-join")}</a>
                </p>
            </div>
            {order_kept(&cx, &next)}
            {refusal(&cx, t!(locale, "login-refused-title"))}
            <form class="form" method="post" action="/login">
                {hidden_next(next)}
                <Field
                    label=t!(locale, "field-email")
                    name="email"
                    kind="email"
                    value=cx.typed("email")
                    autocomplete="username"
                    required=true
                />
                <Field
                    label=t!(locale, "field-password")
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    required=true
                />
                <button class="btn btn-primary btn-lg btn-block" type="submit">
                    {t!(locale, "shell-sign-in")}
                </button>
            </form>
            {forgot} {demo}
        </div>
    }
    .into_any();
    frame::shop(&cx, &title, main).await
}

/// Where somebody who is signed in already belongs.
pub fn home(viewer: &Viewer) -> Option<&'static str> {
    match viewer {
        Viewer::Guest => None,
        Viewer::Customer(_) => Some("/my"),
        Viewer::Staff(_) => Some("/admin"),
    }
}

/// The other of the two forms, with the way back kept.
pub fn with_next(path: &str, next: &str) -> String {
    if next.is_empty() { path.to_owned() } else { format!("{path}?next={}", format::query(next)) }
}

/// The way back, in the form.
pub fn hidden_next(next: String) -> Option<AnyView> {
    (!next.is_empty()).then(|| view! { <input type="hidden" name="next" value=next /> }.into_any())
}

/// For guests who come from a product page.
pub fn order_kept(cx: &Context, next: &str) -> Option<AnyView> {
    let locale = cx.locale;
    next.starts_with("/p/").then(|| {
        view! {
            <Notice tone=Tone::Info title=t!(locale, "login-order-kept")>
                <p>{t!(locale, "login-order-kept-text")}</p>
            </Notice>
        }
        .into_any()
    })
}
