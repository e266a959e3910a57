//! Lists as files: the rows that a list's filters leave, from the first page to the last.
//!
//! Columns have names for programs, the same in every language: amounts are plain decimals with
//! their currency beside them, times are RFC 3339 in UTC, states are the words of the addresses.

use domain::Money;
use portal::listing::{Cursor, Listed};
use time::OffsetDateTime;

use crate::api::ApiError;
use crate::context::Context;
use crate::{format, pages};

/// The most rows of one file.
pub const LIMIT: usize = 100_000;

/// A value of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Somebody's words: a spreadsheet must not take them for a formula.
    Text(String),
    /// A number, a time, a word of ours.
    Plain(String),
}

impl Cell {
    /// Somebody's words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Somebody's words, or nothing.
    pub fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or_else(Self::empty, Self::text)
    }

    /// A word of ours, or a number.
    pub fn plain(value: &(impl ToString + ?Sized)) -> Self {
        Self::Plain(value.to_string())
    }

    /// An amount without its currency.
    #[must_use]
    pub fn amount(amount: Money) -> Self {
        Self::Plain(amount.to_plain())
    }

    /// An amount's currency.
    #[must_use]
    pub fn currency(amount: Money) -> Self {
        Self::plain(amount.currency().code())
    }

    /// An instant.
    #[must_use]
    pub fn time(at: OffsetDateTime) -> Self {
        Self::Plain(format::machine(at))
    }

    /// Nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Self::Plain(String::new())
    }

    /// As it stands in the file. Words that a spreadsheet would calculate begin with an apostrophe.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
                format!("'{text}")
            }
            Self::Text(text) | Self::Plain(text) => text.clone(),
        }
    }
}

/// Some rows of a file.
#[derive(Debug)]
pub struct Chunk {
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Where the next ones begin.
    pub next: Option<Cursor>,
}

impl Chunk {
    /// Writes down rows of a list.
    pub fn of<T>(listed: Listed<T>, row: impl Fn(T) -> Vec<Cell>) -> Self {
        Self { rows: listed.rows.into_iter().map(row).collect(), next: listed.next }
    }
}

/// A list that can be had as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// A customer's orders.
    Orders,
    /// A customer's licenses.
    Licenses,
    /// What was done to a customer's licenses.
    Changes,
    /// A wallet's statement.
    Statement,
    /// What waits for a person.
    DeskInbox,
    /// All orders.
    DeskOrders,
    /// Everything at the vendors.
    DeskOperations,
    /// All customers.
    DeskCustomers,
    /// A customer's wallet's statement.
    DeskWallet,
    /// All licenses.
    DeskLicenses,
    /// What was written to customers.
    DeskMail,
    /// Who changed what.
    DeskAudit,
    /// Who works at the desk.
    DeskStaff,
    /// Customer groups.
    DeskGroups,
    /// Published versions of a pricelist.
    DeskVersions,
    /// Every price of a pricelist.
    DeskPrices,
    /// Every cost in force.
    DeskCosts,
    /// How one plan's costs changed.
    DeskCostHistory,
    /// What a vendor's list and our books do not agree on.
    DeskFindings,
    /// Everything that is or was sold.
    DeskProducts,
    /// Families of products.
    DeskFamilies,
    /// Our accounts at vendors.
    DeskUpstreams,
    /// What one of them has there.
    DeskAtVendor,
}

impl Export {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Orders,
        Self::Licenses,
        Self::Changes,
        Self::Statement,
        Self::DeskInbox,
        Self::DeskOrders,
        Self::DeskOperations,
        Self::DeskCustomers,
        Self::DeskWallet,
        Self::DeskLicenses,
        Self::DeskMail,
        Self::DeskAudit,
        Self::DeskStaff,
        Self::DeskGroups,
        Self::DeskVersions,
        Self::DeskPrices,
        Self::DeskCosts,
        Self::DeskCostHistory,
        Self::DeskFindings,
        Self::DeskProducts,
        Self::DeskFamilies,
        Self::DeskUpstreams,
        Self::DeskAtVendor,
    ];

    /// Its address: the list's, with an ending.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Orders => "/my/orders.csv",
            Self::Licenses => "/my/licenses.csv",
            Self::Changes => "/my/changes.csv",
            Self::Statement => "/my/wallet.csv",
            Self::DeskInbox => "/admin/inbox.csv",
            Self::DeskOrders => "/admin/orders.csv",
            Self::DeskOperations => "/admin/operations.csv",
            Self::DeskCustomers => "/admin/customers.csv",
            Self::DeskWallet => "/admin/wallet.csv",
            Self::DeskLicenses => "/admin/licenses.csv",
            Self::DeskMail => "/admin/mail.csv",
            Self::DeskAudit => "/admin/audit.csv",
            Self::DeskStaff => "/admin/staff.csv",
            Self::DeskGroups => "/admin/pricelists.csv",
            Self::DeskVersions => "/admin/versions.csv",
            Self::DeskPrices => "/admin/prices.csv",
            Self::DeskCosts => "/admin/costs.csv",
            Self::DeskCostHistory => "/admin/cost-history.csv",
            Self::DeskFindings => "/admin/vendors.csv",
            Self::DeskProducts => "/admin/products.csv",
            Self::DeskFamilies => "/admin/families.csv",
            Self::DeskUpstreams => "/admin/upstreams.csv",
            Self::DeskAtVendor => "/admin/vendor-licenses.csv",
        }
    }

    /// The names of its columns.
    #[must_use]
    pub const fn head(self) -> &'static [&'static str] {
        match self {
            Self::Orders => pages::orders::CSV,
            Self::Licenses => pages::licenses::CSV,
            Self::Changes => pages::changes::CSV,
            Self::Statement | Self::DeskWallet => pages::wallet::CSV,
            Self::DeskInbox => pages::desk_inbox::CSV,
            Self::DeskOrders => pages::desk_orders::CSV,
            Self::DeskOperations => pages::desk_operations::CSV,
            Self::DeskCustomers => pages::desk_customers::CSV,
            Self::DeskLicenses => pages::desk_licenses::CSV,
            Self::DeskMail => pages::desk_mail::CSV,
            Self::DeskAudit => pages::desk_audit::CSV,
            Self::DeskStaff => pages::desk_staff::CSV,
            Self::DeskGroups => pages::prices::list::CSV,
            Self::DeskVersions => pages::prices::versions::CSV,
            Self::DeskPrices => pages::prices::editor::CSV,
            Self::DeskCosts => pages::prices::costs::CSV,
            Self::DeskCostHistory => pages::prices::cost::CSV,
            Self::DeskFindings => pages::desk_vendors::CSV,
            Self::DeskProducts => pages::desk_products::CSV,
            Self::DeskFamilies => pages::desk_families::CSV,
            Self::DeskUpstreams => pages::desk_upstreams::CSV,
            Self::DeskAtVendor => pages::desk_vendor_licenses::CSV,
        }
    }

    /// The next rows for whoever asks, if the list is theirs to see.
    pub async fn chunk(self, cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
        match self {
            Self::Orders => pages::orders::export(cx, after).await,
            Self::Licenses => pages::licenses::export(cx, after).await,
            Self::Changes => pages::changes::export(cx, after).await,
            Self::Statement => pages::wallet::export(cx, after).await,
            Self::DeskInbox => pages::desk_inbox::export(cx, after).await,
            Self::DeskOrders => pages::desk_orders::export(cx, after).await,
            Self::DeskOperations => pages::desk_operations::export(cx, after).await,
            Self::DeskCustomers => pages::desk_customers::export(cx, after).await,
            Self::DeskWallet => pages::desk_wallet::export(cx, after).await,
            Self::DeskLicenses => pages::desk_licenses::export(cx, after).await,
            Self::DeskMail => pages::desk_mail::export(cx, after).await,
            Self::DeskAudit => pages::desk_audit::export(cx, after).await,
            Self::DeskStaff => pages::desk_staff::export(cx, after).await,
            Self::DeskGroups => pages::prices::list::export(cx, after).await,
            Self::DeskVersions => pages::prices::versions::export(cx, after).await,
            Self::DeskProducts => pages::desk_products::export(cx, after).await,
            Self::DeskFamilies => pages::desk_families::export(cx, after).await,
            Self::DeskUpstreams => pages::desk_upstreams::export(cx, after).await,
            Self::DeskAtVendor => pages::desk_vendor_licenses::export(cx, after).await,
            Self::DeskPrices => pages::prices::editor::export(cx, after).await,
            Self::DeskCosts => pages::prices::costs::export(cx, after).await,
            Self::DeskCostHistory => pages::prices::cost::export(cx, after).await,
            Self::DeskFindings => pages::desk_vendors::export(cx, after).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_never_formulas_and_amounts_stay_numbers() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+7 900", "'+7 900"),
            ("-", "'-"),
            ("@sum", "'@sum"),
            ("\t=1", "'\t=1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(Cell::text(text).written(), written);
        }
        let minus = Money::new(-49_000, domain::Currency::EUR);
        assert_eq!(Cell::amount(minus).written(), "-4.90");
    }
}
