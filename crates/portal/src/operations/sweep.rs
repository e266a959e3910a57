//! The vendor's whole list against our own books, every hour and without any input: whatever a
//! window was too short for is found here.
//!
//! The sweep spends no money and decides nothing: an orphan (paid there, not ours), a stranger (bought
//! past us) and a missing license each become a finding, once, for a person to judge. Only unpaid
//! items under our reference that nothing needs any more are thrown away, since they cost nothing.

use std::collections::{BTreeMap, BTreeSet};

use domain::Money;
use domain::license::LicenseStatus;
use domain::operation::OperationState;
use ledger::{AccountKind, Cause, CauseKind, LedgerError, WalletHold, hold_from_wallet_in_tx};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::{Duration, OffsetDateTime};
use upstream::dialect::{Dialect, VendorLicense};
use uuid::Uuid;

use super::steps::Proof;
use super::store;
use super::worker::Done;
use crate::locale::Localized;
use crate::orders::EventKind;
use crate::people::{Permission, StaffViewer};
use crate::upstreams::{UpstreamAccount, dialect_kind};
use crate::{Error, Portal, audit, random};

/// How often a list is compared.
const EVERY: Duration = Duration::hours(1);
/// When a list that could not be read is tried again.
const AGAIN: Duration = Duration::minutes(10);
/// So long a license of ours may be away from a list before that means anything; lists lag.
const LAG: Duration = Duration::hours(1);
/// So many are shown at once.
const SHOWN: i64 = 100;

/// What the vendor and our books do not agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// Paid at the vendor under our reference, and the money was given back here.
    Orphan,
    /// Paid at the vendor, and nothing of ours knows of it.
    Stranger,
    /// Ours, and the vendor's list does not have it.
    Missing,
}

impl FindingKind {
    /// Its word in the database and in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::Stranger => "stranger",
            Self::Missing => "missing",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Orphan, Self::Stranger, Self::Missing].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A finding that waits for a person.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Its id.
    pub id: Uuid,
    /// Its number, for people.
    pub number: i64,
    /// What is wrong.
    pub kind: FindingKind,
    /// At which vendor.
    pub vendor: String,
    /// The vendor's number of the license.
    pub upstream_id: String,
    /// Whose it would be or is.
    pub customer: Option<(Uuid, String)>,
    /// The order whose reference an orphan carries.
    pub order: Option<Uuid>,
    /// The license that is missing.
    pub license: Option<i64>,
    /// What it is one of, where we know.
    pub plan: Option<Localized>,
    /// What adopting it charges.
    pub price: Option<Money>,
    /// The row as the vendor shows it, or what we know of the license.
    pub evidence: String,
    /// Since when it is known.
    pub since: OffsetDateTime,
    /// When it was seen last.
    pub seen_at: OffsetDateTime,
}

/// What a person does about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// An orphan becomes the customer's, who is charged what the order had cost.
    Adopt,
    /// It is dealt with: a missing license is over, anything else stays as it is at the vendor.
    Dismiss,
}

/// Why nothing was done about a finding.
#[derive(Debug, thiserror::Error)]
pub enum RemedyError {
    /// This role may not do that.
    #[error("not allowed")]
    Forbidden,
    /// It is settled by now, or never was there.
    #[error("nothing to settle")]
    NotOpen,
    /// The reason is missing or too long.
    #[error("a reason is needed")]
    Reason,
    /// Only an orphan can be adopted.
    #[error("only an orphan can be adopted")]
    NotAnOrphan,
    /// The customer's wallet has too little.
    #[error("not enough money")]
    NotEnough,
    /// The vendor's number belongs to a license of ours by now.
    #[error("the number belongs to a license")]
    NumberTaken,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<sqlx::Error> for RemedyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

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
            let rows = match account.list(dialect).await {
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
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let licenses = sqlx::query_scalar!(
            "select upstream_id from license
              where upstream_account_id = $1 and upstream_id = any($2::text[])",
            account.id,
            &ids as _,
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
        let awaited = sqlx::query_scalar!(
            "select distinct p.upstream_plan_code from operation x
               join customer_order o on o.id = x.order_id join plan p on p.id = o.plan_id
              where x.upstream_account_id = $1 and x.kind = 'order' and x.finished_at is null",
            account.id,
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
                and case f.kind when 'missing' then f.upstream_id = any($2)
                    else f.last_seen_at < $3 and not f.upstream_id = any($2) end",
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

    /// Findings that wait for a person, the oldest first.
    pub async fn findings(&self, _staff: &StaffViewer) -> Result<Vec<Finding>, Error> {
        let rows = sqlx::query!(
            "select f.id, f.number, f.kind, u.name as vendor, f.upstream_id, f.evidence,
                    f.first_seen_at, f.last_seen_at, x.order_id as \"order?\",
                    x.price as \"price?\", x.currency as \"currency?\",
                    l.number as \"license?\", c.id as \"customer_id?\", c.name as \"customer?\",
                    p.name as \"plan?: Json<Localized>\"
               from upstream_finding f
               join upstream_account u on u.id = f.upstream_account_id
               left join operation x on x.id = f.operation_id
               left join customer_order o on o.id = x.order_id
               left join license l on l.id = f.license_id
               left join customer c on c.id = coalesce(x.customer_id, l.customer_id)
               left join plan p on p.id = coalesce(o.plan_id, l.plan_id)
              where f.resolved_at is null order by f.first_seen_at, f.number limit $1",
            SHOWN,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let bad = |what: &str| Error::unreadable("upstream_finding", what);
                let currency = row.currency.as_deref().and_then(domain::Currency::from_code);
                Ok(Finding {
                    id: row.id,
                    number: row.number,
                    kind: FindingKind::from_word(&row.kind).ok_or_else(|| bad("kind"))?,
                    vendor: row.vendor,
                    upstream_id: row.upstream_id,
                    customer: row.customer_id.zip(row.customer),
                    order: row.order,
                    license: row.license,
                    plan: row.plan.map(|plan| plan.0),
                    price: row
                        .price
                        .zip(currency)
                        .map(|(price, currency)| Money::new(price, currency)),
                    evidence: row.evidence,
                    since: row.first_seen_at,
                    seen_at: row.last_seen_at,
                })
            })
            .collect()
    }

    /// Has every balance read and every list compared now, not only when it is due.
    pub async fn look_at_vendors(&self, staff: &StaffViewer) -> Result<(), RemedyError> {
        if !staff.role.may(Permission::DecideOperations) {
            return Err(RemedyError::Forbidden);
        }
        sqlx::query!(
            "update upstream_account set balance_next_at = null, sweep_next_at = null where enabled"
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Settles a finding as a person says, in one transaction with the money and the audit.
    pub async fn settle_finding(
        &self,
        staff: &StaffViewer,
        finding: Uuid,
        remedy: Remedy,
        reason: &str,
    ) -> Result<(), RemedyError> {
        if !staff.role.may(Permission::DecideOperations) {
            return Err(RemedyError::Forbidden);
        }
        let reason = reason.trim();
        if !(3..=500).contains(&reason.chars().count()) {
            return Err(RemedyError::Reason);
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let row = sqlx::query!(
            "select kind, upstream_account_id, upstream_id, operation_id, license_id
               from upstream_finding where id = $1 and resolved_at is null for update",
            finding,
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(RemedyError::NotOpen)?;
        let resolution = match remedy {
            Remedy::Adopt => "adopted",
            Remedy::Dismiss => "dismissed",
        };
        sqlx::query!(
            "update upstream_finding
                set resolved_at = $2, resolved_by = $3, resolution = $4, reason = $5 where id = $1",
            finding,
            now,
            staff.user,
            resolution,
            reason,
        )
        .execute(&mut *tx)
        .await?;
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "finding.settle",
            object_type: "finding",
            object_id: finding,
            before: None,
            after: Some(json!({
                "kind": row.kind, "upstream_id": row.upstream_id, "resolution": resolution,
            })),
            reason: Some(reason),
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        match (remedy, row.operation_id, row.license_id) {
            (Remedy::Dismiss, _, Some(license)) => {
                sqlx::query!(
                    "update license
                        set status = 'deleted', next_check_at = null, lease_until = null,
                            version = version + 1
                      where id = $1",
                    license,
                )
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
            }
            (Remedy::Dismiss, _, None) => tx.commit().await?,
            (Remedy::Adopt, Some(operation), _) => {
                let account = self.upstream_account_in_tx(&mut tx, row.upstream_account_id).await?;
                self.adopt(tx, staff, operation, &account, &row.upstream_id, now).await?;
            }
            (Remedy::Adopt, None, _) => return Err(RemedyError::NotAnOrphan),
        }
        Ok(())
    }

    /// The same order once more, charged and carried out by what the vendor has already.
    async fn adopt(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        staff: &StaffViewer,
        operation: Uuid,
        account: &UpstreamAccount,
        upstream_id: &str,
        now: OffsetDateTime,
    ) -> Result<(), RemedyError> {
        let taken = sqlx::query_scalar!(
            "select exists (select from license
                             where upstream_account_id = $1 and upstream_id = $2) as \"taken!\"",
            account.id,
            upstream_id,
        )
        .fetch_one(&mut *tx)
        .await?;
        if taken {
            return Err(RemedyError::NumberTaken);
        }
        let (order, again) = (Uuid::now_v7(), Uuid::now_v7());
        let first = sqlx::query!(
            "select x.customer_id, x.price, x.currency from operation x where x.id = $1",
            operation,
        )
        .fetch_one(&mut *tx)
        .await?;
        let currency = domain::Currency::from_code(&first.currency)
            .ok_or_else(|| Error::unreadable("operation", "currency"))?;
        let price = Money::new(first.price, currency);
        let hold = self.hold_again(&mut tx, staff, order, first.customer_id, price, now).await?;
        sqlx::query!(
            "with placed as (
                insert into customer_order
                    (id, customer_id, user_id, wish_hash, plan_id, period, ip, name, addons, quote,
                     currency, price, cost, pricelist_version_id, created_at, parent_id, fields)
                select $1, o.customer_id, o.user_id, o.wish_hash, o.plan_id, o.period, o.ip, o.name,
                       o.addons, o.quote, o.currency, o.price, o.cost, o.pricelist_version_id, $4,
                       o.parent_id, o.fields
                  from customer_order o join operation x on x.order_id = o.id where x.id = $3
                returning id, number, customer_id, currency, price, cost
             )
             insert into operation
                (id, kind, order_id, upstream_account_id, state, reference, hold_id, currency,
                 price, cost, next_at, requested_by, created_at, order_number, customer_id)
             select $2, 'order', placed.id, $5, 'planned', $6, $7, placed.currency, placed.price,
                    placed.cost, $4, $8, $4, placed.number, placed.customer_id
               from placed",
            order,
            again,
            operation,
            now,
            account.id,
            upstream::reference(u64::from_le_bytes(random::bytes())),
            hold,
            staff.user,
        )
        .execute(&mut *tx)
        .await?;
        let op = store::take_in_tx(&mut tx, again, now + account.lease).await?.read()?;
        debug_assert_eq!(op.state, OperationState::Planned);
        let proof = Proof::Number(upstream_id.to_owned());
        // The row is ours alone: nobody can have taken it from us within the transaction.
        self.confirm(tx, &op, account, &proof, EventKind::Found).await?;
        Ok(())
    }

    async fn hold_again(
        &self,
        tx: &mut PgConnection,
        staff: &StaffViewer,
        order: Uuid,
        customer: Uuid,
        price: Money,
        now: OffsetDateTime,
    ) -> Result<Option<Uuid>, RemedyError> {
        if price.is_zero() {
            return Ok(None);
        }
        let hold = WalletHold {
            id: Uuid::now_v7(),
            customer,
            against: AccountKind::Revenue,
            amount: price,
            cause: Cause {
                kind: CauseKind::Order,
                id: order,
                actor: Some(staff.user),
                reason: "the vendor delivered after all".to_owned(),
            },
        };
        match hold_from_wallet_in_tx(tx, &hold, now).await {
            Ok(()) => Ok(Some(hold.id)),
            Err(LedgerError::InsufficientFunds) => Err(RemedyError::NotEnough),
            Err(error) => Err(RemedyError::Internal(error.into())),
        }
    }
}

struct New {
    kind: FindingKind,
    operation: Option<Uuid>,
    license: Option<Uuid>,
}
