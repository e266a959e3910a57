//! The vendor's whole list against our own books, every hour and without any input: whatever a
//! window was too short for is found here.
//!
//! The sweep spends no money and decides nothing: an orphan (paid there, not ours), a stranger (bought
//! past us) and a missing license each become a finding, once, for a person to judge. Only unpaid
//! items under our reference that nothing needs any more are thrown away, since they cost nothing.

use std::collections::{BTreeMap, BTreeSet};

use domain::license::LicenseStatus;
use time::{Duration, OffsetDateTime};
use upstream::dialect::{Dialect, VendorLicense};
use uuid::Uuid;

use super::findings::FindingKind;
use super::worker::Done;
use crate::upstreams::{UpstreamAccount, dialect_kind};
use crate::{Error, Portal};

/// How often a list is compared.
const EVERY: Duration = Duration::hours(1);
/// When a list that could not be read is tried again.
const AGAIN: Duration = Duration::minutes(10);
/// So long a license of ours may be away from a list before that means anything; lists lag.
const LAG: Duration = Duration::hours(1);

/// What our books know of a list.
struct Ours {
    /// Vendor's numbers of those that are licenses of ours, also of deleted ones.
    licenses: BTreeSet<String>,
    /// Purchases whose reference is in it.
    purchases: BTreeMap<String, Purchase>,
    /// The vendor's codes of what is being bought: a row that shows no mark may be one of these.
    awaited: BTreeSet<String>,
}

/// Where a reference of ours may stand.
fn words(row: &VendorLicense) -> impl Iterator<Item = &str> {
    let name = row.name.iter().flat_map(|name| name.split_whitespace());
    row.reference.as_deref().filter(|word| !word.is_empty()).into_iter().chain(name)
}

struct Purchase {
    id: Uuid,
    is_open: bool,
    item: Option<String>,
    /// Its verdict is older than any window.
    is_settled: bool,
}

impl Portal {
    /// Compares one list that is due.
    pub(crate) async fn sweep_due_account(&self) -> Result<Done, Error> {
        let now = self.clock.now();
        let due = sqlx::query_scalar!(
            "update upstream_account
                set sweep_lease_until = $1 + lease_ms * interval '10 milliseconds'
              where id = (select id from upstream_account
                           where enabled and (sweep_next_at is null or sweep_next_at <= $1)
                             and (sweep_lease_until is null or sweep_lease_until <= $1)
                           order by sweep_next_at nulls first limit 1 for update skip locked)
             returning id",
            now,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(id) = due else { return Ok(Done::Idle) };
        let account = self.upstream_account(id).await?;
        let next = if self.compare_list(&account).await? { EVERY } else { AGAIN };
        sqlx::query!(
            "update upstream_account set sweep_lease_until = null, sweep_next_at = $2 where id = $1",
            id,
            self.clock.now() + next,
        )
        .execute(&self.pool)
        .await?;
        Ok(Done::Worked)
    }

    /// False if a list could not be read.
    async fn compare_list(&self, account: &UpstreamAccount) -> Result<bool, Error> {
        let families = sqlx::query_scalar!(
            "select distinct dialect from plan where upstream_account_id = $1 order by dialect",
            account.id,
        )
        .fetch_all(&self.pool)
        .await?;
        let first_read_at = self.clock.now();
        let mut listed = Vec::new();
        let mut read = Vec::new();
        let mut whole = true;
        for family in families {
            // Nothing lists what people do by hand.
            let Some(dialect) = account.dialect(dialect_kind(&family)?) else { continue };
            let dialect = dialect.as_ref();
            let read_at = self.clock.now();
            let rows = match self.vendor_list(account, dialect, None).await {
                Ok((rows, _)) => rows,
                Err(failure) => {
                    tracing::warn!(upstream = account.name, family, %failure, "the list cannot be compared now");
                    // The other lists are none the worse for it.
                    whole = false;
                    continue;
                }
            };
            // The list first, the books afterwards: whatever the list has was written down by us before
            // it was asked for.
            let ours = self.books_of(account, &rows).await?;
            for row in &rows {
                self.compare(account, dialect, &ours, row, read_at).await?;
            }
            listed.extend(rows.into_iter().map(|row| row.id));
            read.push(family);
        }
        // One vendor's families overlap: only what none of their lists has is missing.
        self.look_for_missing(account, &read, &listed, first_read_at).await?;
        if whole {
            self.forget_settled(account, &listed, first_read_at).await?;
        }
        Ok(whole)
    }

    async fn books_of(
        &self,
        account: &UpstreamAccount,
        rows: &[VendorLicense],
    ) -> Result<Ours, Error> {
        let settled = self.clock.now()
            - (account.send_deadline + account.call_timeout + account.quiet_window);
        // Licenses last: one that is delivered meanwhile was still bought when that was asked.
        let awaited = sqlx::query_scalar!(
            "select distinct p.upstream_plan_code from operation x
               join customer_order o on o.id = x.order_id join plan p on p.id = o.plan_id
              where x.upstream_account_id = $1 and x.kind = 'order' and x.finished_at is null",
            account.id,
        )
        .fetch_all(&self.pool)
        .await?;
        let words: Vec<&str> = rows.iter().flat_map(words).collect();
        let purchases = sqlx::query!(
            "select id, reference, finished_at, item_id from operation
              where upstream_account_id = $1 and kind = 'order' and reference = any($2::text[])",
            account.id,
            &words as _,
        )
        .fetch_all(&self.pool)
        .await?;
        let purchases = purchases.into_iter().map(|row| {
            let purchase = Purchase {
                id: row.id,
                is_open: row.finished_at.is_none(),
                item: row.item_id,
                is_settled: row.finished_at.is_some_and(|at| at < settled),
            };
            (row.reference, purchase)
        });
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let licenses = sqlx::query_scalar!(
            "select upstream_id from license
              where upstream_account_id = $1 and upstream_id = any($2::text[])",
            account.id,
            &ids as _,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(Ours {
            licenses: licenses.into_iter().collect(),
            purchases: purchases.collect(),
            awaited: awaited.into_iter().collect(),
        })
    }

    async fn compare(
        &self,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
        ours: &Ours,
        row: &VendorLicense,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        if ours.licenses.contains(&row.id) || row.status == Some(LicenseStatus::Deleted) {
            return Ok(());
        }
        let purchase = words(row).find_map(|word| ours.purchases.get(word));
        let is_awaited = words(row).next().is_none()
            && row.plan_code.as_ref().is_none_or(|code| ours.awaited.contains(code))
            && !ours.awaited.is_empty();
        if is_awaited {
            return Ok(());
        }
        match (row.status, purchase) {
            // Whoever carries it out will find it.
            (_, Some(purchase)) if purchase.is_open => {}
            (Some(LicenseStatus::Ordered), Some(purchase)) => {
                if purchase.is_settled && purchase.item.as_deref() != Some(&row.id) {
                    self.throw_away(account, dialect, row).await;
                }
            }
            // Somebody else's basket is none of our business.
            (Some(LicenseStatus::Ordered), None) => {}
            (_, Some(purchase)) => {
                let found =
                    New { kind: FindingKind::Orphan, operation: Some(purchase.id), license: None };
                self.note_finding(account, &found, &row.id, &format!("{row:#?}"), now).await?;
            }
            (_, None) => {
                let found = New { kind: FindingKind::Stranger, operation: None, license: None };
                self.note_finding(account, &found, &row.id, &format!("{row:#?}"), now).await?;
            }
        }
        Ok(())
    }

    /// An unpaid item that nothing needs any more.
    async fn throw_away(
        &self,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
        row: &VendorLicense,
    ) {
        let exchange = account.send(&dialect.unbasket(&row.id)).await;
        tracing::info!(
            upstream = account.name,
            upstream.id = row.id,
            answered = exchange.result.is_ok(),
            "an unpaid item was thrown away"
        );
    }

    /// Live licenses of ours that no list of the account has.
    async fn look_for_missing(
        &self,
        account: &UpstreamAccount,
        families: &[String],
        listed: &[String],
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let missing = sqlx::query!(
            "select l.id, l.upstream_id, l.number, l.status, host(l.ip) as ip, l.expires_on
               from license l join plan p on p.id = l.plan_id
              where l.upstream_account_id = $1 and p.dialect = any($2)
                and l.status in ('active', 'suspended') and l.created_at < $4
                and not l.upstream_id = any($3)
                and not exists (select from operation x where x.license_id = l.id
                                   and x.kind = 'delete' and x.finished_at is null)",
            account.id,
            families,
            listed,
            now - LAG,
        )
        .fetch_all(&self.pool)
        .await?;
        for license in missing {
            let known = format!(
                "license {} {} on {}, until {:?}",
                license.number,
                license.status,
                license.ip.as_deref().unwrap_or("no server"),
                license.expires_on
            );
            let found =
                New { kind: FindingKind::Missing, operation: None, license: Some(license.id) };
            self.note_finding(account, &found, &license.upstream_id, &known, now).await?;
        }
        Ok(())
    }

    /// Findings that are none any more, by all lists of the account together.
    async fn forget_settled(
        &self,
        account: &UpstreamAccount,
        listed: &[String],
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        sqlx::query!(
            "update upstream_finding f set resolved_at = $3, resolution = 'gone'
              where f.upstream_account_id = $1 and f.resolved_at is null
                -- What the vendor has renewed or does not give is paid or borne; it does not go away.
                and f.kind not in ('renewed', 'taken_back')
                and case f.kind when 'missing' then f.upstream_id = any($2)
                    else f.last_seen_at < $3 and not f.upstream_id = any($2)
                         or exists (select from license l
                                     where l.upstream_account_id = f.upstream_account_id
                                       and l.upstream_id = f.upstream_id) end",
            account.id,
            listed,
            now,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn note_finding(
        &self,
        account: &UpstreamAccount,
        found: &New,
        upstream_id: &str,
        evidence: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let fresh = sqlx::query_scalar!(
            "insert into upstream_finding
                (id, upstream_account_id, kind, upstream_id, operation_id, license_id, evidence,
                 first_seen_at, last_seen_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
             on conflict (upstream_account_id, kind, upstream_id)
                where resolution is null or resolution = 'dismissed'
             do update set last_seen_at = excluded.last_seen_at
             returning first_seen_at = last_seen_at as \"fresh!\"",
            Uuid::now_v7(),
            account.id,
            found.kind.as_str(),
            upstream_id,
            found.operation,
            found.license,
            evidence,
            now,
        )
        .fetch_one(&self.pool)
        .await?;
        if fresh {
            tracing::error!(
                upstream = account.name,
                upstream.id = upstream_id,
                kind = found.kind.as_str(),
                "the vendor's list and our books do not agree"
            );
        }
        Ok(())
    }
}

struct New {
    kind: FindingKind,
    operation: Option<Uuid>,
    license: Option<Uuid>,
}
