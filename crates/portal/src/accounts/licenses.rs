//! What a vendor has, read now: of all function families of an account, ours or not.

use std::collections::BTreeMap;

use domain::license::LicenseStatus;
use time::Date;
use upstream::DialectKind;
use upstream::dialect::VendorLicense;
use uuid::Uuid;

use super::ping::families;
use super::{AccountError, By};
use crate::listing::{Days, HERE, SortKey};
use crate::{Error, Portal};

/// By the vendor's number, the newest first.
pub const AT_VENDOR_BY_NUMBER: SortKey = SortKey::number("number", HERE);
/// By the last day.
pub const AT_VENDOR_BY_END: SortKey = SortKey::number("end", HERE).ascending();
/// What a vendor's licenses can be sorted by.
pub const AT_VENDOR_SORTS: [SortKey; 2] = [AT_VENDOR_BY_NUMBER, AT_VENDOR_BY_END];

/// A license as its vendor lists it.
#[derive(Debug, Clone)]
pub struct AtVendor {
    /// Which functions list it.
    pub family: DialectKind,
    /// The vendor's number.
    pub number: String,
    /// The vendor's code of the plan, or what the list shows for it.
    pub plan_code: Option<String>,
    /// The vendor's name for it, with our reference.
    pub name: Option<String>,
    /// Its server.
    pub ip: Option<String>,
    /// Life-cycle state.
    pub status: Option<LicenseStatus>,
    /// Last day.
    pub expires_on: Option<Date>,
    /// The vendor renews it by itself.
    pub renews: bool,
    /// Our number of it; none if it is no license of ours.
    pub ours: Option<i64>,
}

/// What was read, and what could not be.
#[derive(Debug, Clone, Default)]
pub struct VendorList {
    /// The licenses.
    pub rows: Vec<AtVendor>,
    /// Families whose list could not be read, with the reason.
    pub failed: Vec<(DialectKind, String)>,
}

impl Portal {
    /// Everything that an account has at its vendor, read now. Days ask for what ends between them,
    /// of the vendor where it can filter (seed 003), else here.
    pub async fn licenses_at_vendor(
        &self,
        by: By<'_>,
        slug: &str,
        ends: Days,
    ) -> Result<VendorList, AccountError> {
        let known = self.account(by, slug).await?;
        let account = self.upstream_account(known.id).await?;
        let between = match (ends.from, ends.to) {
            (None, None) => None,
            (from, to) => Some((from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX))),
        };
        // The vendor's filter takes two days of four digits.
        let asked = between.filter(|_| ends.from.is_some() && ends.to.is_some());
        let mut found = VendorList::default();
        for family in families(&known) {
            let Some(dialect) = account.dialect(family) else { continue };
            match self.vendor_list(&account, dialect.as_ref(), asked).await {
                Ok((rows, _)) => found.rows.extend(rows.into_iter().map(|row| seen(family, row))),
                Err(failure) => found.failed.push((family, failure.to_string())),
            }
        }
        if let Some((from, to)) = between {
            found.rows.retain(|row| row.expires_on.is_some_and(|day| from <= day && day <= to));
        }
        let ids: Vec<String> = found.rows.iter().map(|row| row.number.clone()).collect();
        let ours = self.our_numbers(known.id, &ids).await?;
        for row in &mut found.rows {
            row.ours = ours.get(&row.number).copied();
        }
        Ok(found)
    }

    async fn our_numbers(
        &self,
        account: Uuid,
        ids: &[String],
    ) -> Result<BTreeMap<String, i64>, Error> {
        let rows = sqlx::query!(
            "select upstream_id, number from license
              where upstream_account_id = $1 and upstream_id = any($2)",
            account,
            ids,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.upstream_id, row.number)).collect())
    }
}

fn seen(family: DialectKind, row: VendorLicense) -> AtVendor {
    AtVendor {
        family,
        number: row.id,
        plan_code: row.plan_code,
        name: row.name.filter(|name| !name.is_empty()),
        ip: row.ip.map(|ip| ip.to_string()),
        status: row.status,
        expires_on: row.expires_on,
        renews: row.renews.unwrap_or(false),
        ours: None,
    }
}
