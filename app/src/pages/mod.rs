//! The pages, one file each; the frames around them are in [`frame`].
//!
//! A page reads its request's [`Context`], asks `portal` once or twice and builds its view; all of
//! that happens before the first byte is sent, so that statuses and redirects are true.

mod catalog;
mod change;
pub(crate) mod changes;
pub(crate) mod desk_audit;
mod desk_customer;
pub(crate) mod desk_customers;
pub(crate) mod desk_families;
mod desk_health;
mod desk_import;
pub(crate) mod desk_inbox;
pub(crate) mod desk_licenses;
pub(crate) mod desk_mail;
mod desk_operation;
pub(crate) mod desk_operations;
mod desk_order;
pub(crate) mod desk_orders;
pub(crate) mod desk_products;
pub(crate) mod desk_staff;
pub(crate) mod desk_upstreams;
pub(crate) mod desk_vendor_licenses;
pub(crate) mod desk_vendors;
pub(crate) mod desk_wallet;
mod errors;
mod frame;
mod home;
mod join;
mod license;
pub(crate) mod licenses;
mod login;
mod module;
mod order;
pub(crate) mod orders;
mod overview;
mod panel;
pub(crate) mod prices;
mod product;
mod verify;
pub(crate) mod wallet;

use std::future::Future;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use portal::locale::Locale;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::api::ApiError;
use crate::components::ErrorSummary;
use crate::context::{Context, context, see_other};
use crate::{format, t};

pub use catalog::Catalog;
pub use change::ChangePage;
pub use changes::Changes;
pub use desk_audit::DeskAudit;
pub use desk_customer::DeskCustomerPage;
pub use desk_customers::DeskCustomers;
pub use desk_families::{DeskFamilies, DeskFamilyPage};
pub use desk_health::DeskHealth;
pub use desk_import::DeskImport;
pub use desk_inbox::DeskInbox;
pub use desk_licenses::DeskLicenses;
pub use desk_mail::DeskMail;
pub use desk_operation::DeskOperationPage;
pub use desk_operations::DeskOperations;
pub use desk_order::DeskOrderPage;
pub use desk_orders::{DeskOrders, DeskStart};
pub use desk_products::{DeskProductPage, DeskProducts};
pub use desk_staff::DeskStaff;
pub use desk_upstreams::{DeskUpstream, DeskUpstreams};
pub use desk_vendor_licenses::DeskVendorLicenses;
pub use desk_vendors::DeskVendors;
pub use desk_wallet::DeskWalletPage;
pub use errors::NotFound;
pub use home::Home;
pub use join::Join;
pub use license::LicensePage;
pub use licenses::Licenses;
pub use login::Login;
pub use order::OrderPage;
pub use orders::Orders;
pub use overview::Overview;
pub use prices::{
    CostPage, Costs, PricelistPage, PricelistReview, PricelistVersionPage, PricelistVersions,
    Pricelists,
};
pub use product::Product;
pub use verify::Verify;
pub use wallet::WalletPage;

/// What a page ends in.
type Shown = Result<AnyView, ApiError>;

/// Rows of a customer's list; the desk is denser.
const PAGE: u16 = 25;
const DESK_PAGE: u16 = 50;

/// Renders a page, or the page of what went wrong.
fn page<F, Fut>(load: F) -> impl IntoView + use<F, Fut>
where
    F: FnOnce(Context) -> Fut,
    Fut: Future<Output = Shown> + Send + 'static,
{
    let cx = context();
    let loading = load(cx.clone());
    view! {
        <Suspense>
            {Suspend::new(async move {
                if let Some(status) = cx.refused_as_a_whole() {
                    return errors::of_status(&cx, status).await;
                }
                match loading.await {
                    Ok(shown) => shown,
                    Err(error) => errors::of(&cx, error).await,
                }
            })}
        </Suspense>
    }
}

/// Leads elsewhere.
fn go(address: &str) -> AnyView {
    see_other(address);
    ().into_any()
}

/// A part of the path.
fn param(name: &str) -> Result<String, ApiError> {
    use_params_map().read_untracked().get(name).ok_or(ApiError::NotFound)
}

/// The object that the path names.
fn id_param() -> Result<Uuid, ApiError> {
    param("id")?.parse().map_err(|_| ApiError::NotFound)
}

/// What is wrong with the form, on top of it; nothing if it was not refused.
fn refusal(cx: &Context, title: String) -> impl IntoView + use<> {
    view! { <ErrorSummary title=title items=cx.errors() /> }
}

/// An instant for people and machines.
fn instant(locale: Locale, at: OffsetDateTime) -> impl IntoView {
    view! { <time datetime=format::machine(at)>{format::moment(locale, at)} "\u{a0}UTC"</time> }
}

/// The server's address, or that there is none.
fn server(locale: Locale, ip: Option<String>) -> AnyView {
    match ip {
        Some(ip) => view! { <span class="num">{ip}</span> }.into_any(),
        None => t!(locale, "no-server").into_any(),
    }
}
