//! The document around every page, and which page an address shows.

use leptos::html::meta;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};
use portal::locale::Locale;

use crate::context::{Context, Site, Theme};
use crate::pages;

/// The document. Scripts are sent to pages that have something alive only.
pub fn shell() -> impl IntoView {
    let cx = use_context::<Context>();
    let locale = cx.as_ref().map_or(Locale::default(), |cx| cx.locale);
    let theme = cx.as_ref().map_or(Theme::default(), |cx| cx.theme);
    let site = cx.as_ref().map(|cx| cx.site.clone()).unwrap_or_default();
    let path = cx.as_ref().map_or("", Context::path);
    let alive = route_needs_islands(path).then(|| wake(&site, wakes_at_once(path)));
    // Digits and the names of products are Latin in every language; a font that comes late moves
    // what is read already.
    let fonts: &[&str] = match locale {
        Locale::En => &["inter-latin.woff2"],
        Locale::Ru => &["inter-cyrillic.woff2", "inter-latin.woff2"],
    };
    let fonts = fonts.iter().map(|font| preload(site.href(font))).collect_view();
    view! {
        <!DOCTYPE html>
        <html lang=locale.as_str() data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=theme.attribute().unwrap_or("light dark") />
                {theme_colors(theme)}
                {fonts}
                <link rel="stylesheet" href=site.href("portal.css") />
                <link rel="icon" href=site.href("favicon.svg") r#type="image/svg+xml" />
                {alive}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Fetches a font before the style sheet asks for it.
fn preload(href: String) -> impl IntoView {
    view! {
        <link
            rel="preload"
            href=href
            r#as="font"
            r#type="font/woff2"
            crossorigin="anonymous"
        />
    }
}

/// Colour of the browser's own frame: the page's background.
fn theme_colors(theme: Theme) -> impl IntoView {
    let (light, dark) = ("#fafafb", "#0d0e12");
    let color = |color| meta().name("theme-color").content(color);
    match theme {
        Theme::Light => color(light).into_any(),
        Theme::Dark => color(dark).into_any(),
        Theme::System => (
            color(light).attr("media", "(prefers-color-scheme: light)"),
            color(dark).attr("media", "(prefers-color-scheme: dark)"),
        )
            .into_any(),
    }
}

/// Whether the page of this path has islands, and therefore scripts.
#[must_use]
pub fn route_needs_islands(path: &str) -> bool {
    // Pages below those of a license are plain forms.
    let license = path.strip_prefix("/my/licenses/").is_some_and(|rest| !rest.contains('/'));
    license || ["/p/", "/my/orders/"].iter().any(|part| path.starts_with(part))
}

/// Whether the islands of this path have something to do before anybody touches the page.
fn wakes_at_once(path: &str) -> bool {
    path.starts_with("/my/orders/")
}

/// Starts the islands. Forms and links work without them, so the wasm, which is the largest file of
/// all, is fetched when somebody begins to use the page and not while it is being painted.
fn wake(site: &Site, at_once: bool) -> impl IntoView + use<> {
    if let Some(shared) = Owner::current_shared_context() {
        // Only islands take part in hydration.
        shared.set_is_hydrating(false);
    }
    let (script, wasm) = (site.href("portal.js"), site.href("portal.wasm"));
    let call = format!("{}(\"{script}\",\"{wasm}\",{at_once})", include_str!("wake.js").trim_end());
    view! {
        <script type="module" nonce=use_nonce()>
            {call}
        </script>
    }
}

/// Which page an address shows.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let ssr = SsrMode::Async;
    view! {
        <Router>
            <FlatRoutes fallback=pages::NotFound>
                <Route path=path!("/") view=pages::Home ssr=ssr.clone() />
                <Route path=path!("/catalog") view=pages::Catalog ssr=ssr.clone() />
                <Route path=path!("/p/:slug") view=pages::Product ssr=ssr.clone() />
                <Route path=path!("/login") view=pages::Login ssr=ssr.clone() />
                <Route path=path!("/join") view=pages::Join ssr=ssr.clone() />
                <Route path=path!("/verify") view=pages::Verify ssr=ssr.clone() />
                <Route path=path!("/my") view=pages::Overview ssr=ssr.clone() />
                <Route path=path!("/my/orders") view=pages::Orders ssr=ssr.clone() />
                <Route path=path!("/my/orders/:id") view=pages::OrderPage ssr=ssr.clone() />
                <Route path=path!("/my/licenses") view=pages::Licenses ssr=ssr.clone() />
                <Route path=path!("/my/licenses/:id") view=pages::LicensePage ssr=ssr.clone() />
                <Route path=path!("/my/licenses/:id/:change") view=pages::ChangePage ssr=ssr.clone() />
                <Route path=path!("/my/changes") view=pages::Changes ssr=ssr.clone() />
                <Route path=path!("/my/wallet") view=pages::WalletPage ssr=ssr.clone() />
                <Route path=path!("/admin") view=pages::DeskStart ssr=ssr.clone() />
                <Route path=path!("/admin/inbox") view=pages::DeskInbox ssr=ssr.clone() />
                <Route path=path!("/admin/vendors") view=pages::DeskVendors ssr=ssr.clone() />
                <Route path=path!("/admin/upstreams") view=pages::DeskUpstreams ssr=ssr.clone() />
                <Route path=path!("/admin/upstreams/:slug") view=pages::DeskUpstream ssr=ssr.clone() />
                <Route
                    path=path!("/admin/upstreams/:slug/licenses")
                    view=pages::DeskVendorLicenses
                    ssr=ssr.clone()
                />
                <Route
                    path=path!("/admin/upstreams/:slug/import")
                    view=pages::DeskImport
                    ssr=ssr.clone()
                />
                <Route path=path!("/admin/health") view=pages::DeskHealth ssr=ssr.clone() />
                <Route path=path!("/admin/orders") view=pages::DeskOrders ssr=ssr.clone() />
                <Route path=path!("/admin/orders/:id") view=pages::DeskOrderPage ssr=ssr.clone() />
                <Route path=path!("/admin/operations") view=pages::DeskOperations ssr=ssr.clone() />
                <Route
                    path=path!("/admin/operations/:id")
                    view=pages::DeskOperationPage
                    ssr=ssr.clone()
                />
                <Route path=path!("/admin/customers") view=pages::DeskCustomers ssr=ssr.clone() />
                <Route path=path!("/admin/customers/:id") view=pages::DeskCustomerPage ssr=ssr.clone() />
                <Route path=path!("/admin/customers/:id/wallet") view=pages::DeskWalletPage ssr=ssr.clone() />
                <Route path=path!("/admin/licenses") view=pages::DeskLicenses ssr=ssr.clone() />
                <Route path=path!("/admin/pricelists") view=pages::Pricelists ssr=ssr.clone() />
                <Route
                    path=path!("/admin/pricelists/:group")
                    view=pages::PricelistPage
                    ssr=ssr.clone()
                />
                <Route
                    path=path!("/admin/pricelists/:group/review")
                    view=pages::PricelistReview
                    ssr=ssr.clone()
                />
                <Route
                    path=path!("/admin/pricelists/:group/versions")
                    view=pages::PricelistVersions
                    ssr=ssr.clone()
                />
                <Route
                    path=path!("/admin/pricelists/:group/versions/:version")
                    view=pages::PricelistVersionPage
                    ssr=ssr.clone()
                />
                <Route path=path!("/admin/costs") view=pages::Costs ssr=ssr.clone() />
                <Route path=path!("/admin/costs/:plan") view=pages::CostPage ssr=ssr.clone() />
                <Route path=path!("/admin/products") view=pages::DeskProducts ssr=ssr.clone() />
                <Route
                    path=path!("/admin/products/:plan")
                    view=pages::DeskProductPage
                    ssr=ssr.clone()
                />
                <Route
                    path=path!("/admin/families")
                    view=pages::DeskFamilies
                    ssr=ssr.clone()
                />
                <Route
                    path=path!("/admin/families/:family")
                    view=pages::DeskFamilyPage
                    ssr=ssr.clone()
                />
                <Route path=path!("/admin/mail") view=pages::DeskMail ssr=ssr.clone() />
                <Route path=path!("/admin/audit") view=pages::DeskAudit ssr=ssr.clone() />
                <Route path=path!("/admin/staff") view=pages::DeskStaff ssr=ssr />
            </FlatRoutes>
        </Router>
    }
}

#[cfg(test)]
mod tests {
    use super::route_needs_islands;

    #[test]
    fn only_pages_with_islands_send_scripts() {
        for alive in ["/p/isp6-lite", "/my/orders/1", "/my/licenses/1"] {
            assert!(route_needs_islands(alive), "{alive}");
        }
        for still in ["/", "/catalog", "/my/orders", "/my/licenses", "/admin/orders/1"] {
            assert!(!route_needs_islands(still), "{still}");
        }
    }
}
