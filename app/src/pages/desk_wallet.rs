//! A customer's wallet as staff see it: the statement that the customer sees, leading into the desk.

use leptos::prelude::*;
use portal::customers::CustomerDetail;
use portal::listing::Cursor;
use portal::wallet::Holder;
use uuid::Uuid;

use super::wallet::{Reader, Wallet, read, rows};
use super::{Shown, frame, id_param, page};
use crate::api::ApiError;
use crate::components::{Breadcrumbs, Crumb, PageHead};
use crate::context::Context;
use crate::exports::Chunk;
use crate::t;

/// `/admin/customers/{id}/wallet`
#[component]
pub fn DeskWalletPage() -> impl IntoView {
    page(wallet)
}

async fn wallet(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let (detail, reader) = customer(&cx, id_param()?).await?;
    let locale = cx.locale;
    let Wallet { tabs, stats, statement } = read(&cx, &reader).await?;
    let name = detail.row.name;
    let title = t!(locale, "desk-wallet-title", name = name.clone());
    let crumbs = vec![
        Crumb::link("/admin/customers", t!(locale, "desk-customers-title")),
        Crumb::link(format!("/admin/customers/{}", detail.row.id), name),
        Crumb::here(t!(locale, "wallet-title")),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "desk-wallet-lead") crumbs=crumbs />
        {tabs}
        {stats}
        {statement}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/customers", main))
}

async fn customer(cx: &Context, id: Uuid) -> Result<(CustomerDetail, Reader), ApiError> {
    let staff = cx.staff()?;
    let detail = cx.portal.customer(staff, id).await.map_err(|error| cx.failed(&error))?;
    let detail = detail.ok_or(ApiError::NotFound)?;
    Ok((detail, Reader::Desk(Holder::for_staff(staff, id), id)))
}

/// The rows of the file; the columns are the customer's own file's.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    // Only staff learn which customers there are.
    cx.staff()?;
    let id = cx.query("customer").and_then(|id| id.parse().ok()).ok_or(ApiError::NotFound)?;
    let (_, reader) = customer(cx, id).await?;
    rows(cx, &reader, after).await
}
