//! A license is bought: how it is found at the vendor, and what its confirmation writes.

use domain::license::LicenseStatus;
use sqlx::PgConnection;
use time::OffsetDateTime;
use upstream::dialect::Dialect;
use upstream::{Sighting, find_ours};
use uuid::Uuid;

use super::steps::Seen;
use super::store::{self, Claimed, Purchase};
use crate::upstreams::UpstreamAccount;
use crate::{Error, Portal, licenses};

impl Portal {
    /// Looks for our reference in the vendor's whole list.
    pub(super) async fn look_for_purchase(
        &self,
        op: &Claimed,
        purchase: &Purchase,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
    ) -> Result<Seen, Error> {
        let looked_at = self.clock.now();
        let (rows, evidence) = match account.list(dialect).await {
            Ok(listed) => listed,
            Err(failure) => return Ok(Seen::Nothing(failure.to_string())),
        };
        let known = store::known_licenses(&self.pool, account.id).await?;
        let complete =
            known.is_empty() || known.iter().any(|id| rows.iter().any(|row| row.id == *id));
        Ok(match find_ours(rows, &purchase.wish.reference) {
            // A list without a single one of our licenses is filtered or somebody else's.
            Sighting::Absent if !complete => {
                Seen::Nothing("the list shows none of our licenses".to_owned())
            }
            Sighting::Absent => Seen::NotYet,
            Sighting::Several(ids) => {
                let why = format!("the vendor has it several times: {}", ids.join(", "));
                Seen::Contradiction(why, evidence)
            }
            Sighting::Found(license) => match license.status {
                // Ordered but not paid yet may become active; only time tells.
                Some(LicenseStatus::Ordered)
                    if looked_at - op.created_at < account.resend_within =>
                {
                    Seen::Nothing(format!("no. {} is not paid yet", license.id))
                }
                Some(status) if !is_bought(status) => {
                    let why = format!("found as no. {}, but {}", license.id, status.as_str());
                    Seen::Contradiction(why, evidence)
                }
                _ => Seen::Happened(Some(license.id)),
            },
        })
    }

    /// Writes the license; in words why not, if it collides with one that we have.
    pub(super) async fn write_purchase_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        purchase: &Purchase,
        account: &UpstreamAccount,
        upstream_id: &str,
        now: OffsetDateTime,
    ) -> Result<Result<Uuid, String>, Error> {
        let new = licenses::NewLicense {
            id: Uuid::now_v7(),
            customer: op.customer,
            order: purchase.order,
            plan: purchase.plan,
            upstream_account: account.id,
            upstream_id,
            wish: &purchase.wish,
            name: purchase.name.as_deref(),
            addons: &purchase.addons,
        };
        // The number belongs to another order of ours, or the order has another license.
        let written = licenses::insert_in_tx(tx, &new, now).await?;
        Ok(written
            .then_some(new.id)
            .ok_or_else(|| format!("no. {upstream_id} collides with a license that we have")))
    }
}

const fn is_bought(status: LicenseStatus) -> bool {
    matches!(status, LicenseStatus::Active | LicenseStatus::Processing | LicenseStatus::Suspended)
}
