//! What a sweep found waits for a person, who says what becomes of it.

use domain::Money;
use domain::operation::OperationState;
use ledger::{AccountKind, Cause, CauseKind, LedgerError, WalletHold, hold_from_wallet_in_tx};
use serde_json::json;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::steps::Proof;
use super::store;
use crate::customers;
use crate::listing::{Listed, Paging, SortKey};
use crate::locale::Localized;
use crate::orders::EventKind;
use crate::people::{Permission, StaffViewer};
use crate::upstreams::UpstreamAccount;
use crate::{Error, Portal, audit, random};

/// What the vendor and our books do not agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// Paid at the vendor under our reference, and the money was given back here.
    Orphan,
    /// Paid at the vendor, and nothing of ours knows of it.
    Stranger,
    /// Ours, and the vendor's list does not have it.
    Missing,
    /// Renewed by the vendor by itself, and charged to nobody here.
    Renewed,
    /// Paid for here, and the vendor does not give the term any more.
    TakenBack,
}

impl FindingKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Orphan, Self::Stranger, Self::Missing, Self::Renewed, Self::TakenBack];

    /// Its word in the database and in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::Stranger => "stranger",
            Self::Missing => "missing",
            Self::Renewed => "renewed",
            Self::TakenBack => "taken_back",
        }
    }

    /// Reads the word of the database and of addresses.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// When they were found.
pub const FINDINGS_BY_TIME: SortKey = SortKey::time("since", "f.first_seen_at").ascending();
/// What findings can be sorted by.
pub const FINDING_SORTS: [SortKey; 1] = [FINDINGS_BY_TIME];

/// Which findings are listed.
#[derive(Debug, Clone, Default)]
pub struct FindingFilter {
    /// What is wrong.
    pub kind: Option<FindingKind>,
    /// The short name of the account at the vendor.
    pub vendor: Option<String>,
    /// The vendor's number, the number of our license, or the beginning of the customer's name or
    /// address.
    pub text: Option<String>,
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
    /// What adopting it charges, or what was paid for terms that were taken back.
    pub price: Option<Money>,
    /// From which last day to which one the vendor has renewed it.
    pub term: Option<(Date, Date)>,
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
    /// An orphan becomes the customer's, who is charged what the order had cost; a term that the vendor
    /// has begun is charged at its price; what was paid for a term that it took back is given back.
    Adopt,
    /// It is dealt with: a missing license is over, a term is borne by us or put right otherwise,
    /// anything else stays as it is at the vendor.
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
    /// The vendor's term is none that its owner has a price for.
    #[error("there is no price for it")]
    NoPrice,
    /// Something is under way for the license: that comes first.
    #[error("something is under way for the license")]
    Busy,
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

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: i64,
    kind: String,
    vendor: String,
    upstream_id: String,
    evidence: String,
    first_seen_at: OffsetDateTime,
    last_seen_at: OffsetDateTime,
    order_id: Option<Uuid>,
    price: Option<i64>,
    currency: Option<String>,
    license: Option<i64>,
    customer_id: Option<Uuid>,
    customer: Option<String>,
    plan: Option<Json<Localized>>,
    term: Option<Date>,
    until: Option<Date>,
    sort_key: String,
}

impl Row {
    fn read(self) -> Result<Finding, Error> {
        let bad = |what: &str| Error::unreadable("upstream_finding", what);
        let currency = self.currency.as_deref().and_then(domain::Currency::from_code);
        Ok(Finding {
            id: self.id,
            number: self.number,
            kind: FindingKind::from_word(&self.kind).ok_or_else(|| bad("kind"))?,
            vendor: self.vendor,
            upstream_id: self.upstream_id,
            customer: self.customer_id.zip(self.customer),
            order: self.order_id,
            license: self.license,
            plan: self.plan.map(|plan| plan.0),
            price: self.price.zip(currency).map(|(price, currency)| Money::new(price, currency)),
            term: self.term.zip(self.until),
            evidence: self.evidence,
            since: self.first_seen_at,
            seen_at: self.last_seen_at,
        })
    }
}

impl Portal {
    /// Findings that wait for a person.
    pub async fn findings(
        &self,
        _staff: &StaffViewer,
        filter: &FindingFilter,
        paging: &Paging,
    ) -> Result<Listed<Finding>, Error> {
        let mut query = QueryBuilder::<Postgres>::new(
            "select f.id, f.number, f.kind, u.name as vendor, f.upstream_id, f.evidence,
                    f.first_seen_at, f.last_seen_at, f.term, f.until, x.order_id,
                    coalesce(x.price, paid.price) as price,
                    coalesce(x.currency, paid.currency) as currency,
                    l.number as license, c.id as customer_id, c.name as customer, p.name as plan, ",
        );
        query.push(paging.sort.selected(paging.sort.column)).push(
            " from upstream_finding f
               join upstream_account u on u.id = f.upstream_account_id
               left join operation x on x.id = f.operation_id
               left join customer_order o on o.id = x.order_id
               left join license l on l.id = f.license_id
               left join customer c on c.id = coalesce(x.customer_id, l.customer_id)
               left join plan p on p.id = coalesce(o.plan_id, l.plan_id)
               left join lateral (
                    select sum(r.price)::bigint as price, min(r.currency) as currency
                      from operation r where r.id = any(f.operations)) paid on true
              where f.resolved_at is null",
        );
        if let Some(kind) = filter.kind {
            query.push(" and f.kind = ").push_bind(kind.as_str());
        }
        if let Some(vendor) = &filter.vendor {
            query.push(" and u.slug = ").push_bind(vendor.clone());
        }
        // Few wait at a time: what they are looked for by needs no index.
        if let Some(text) = &filter.text {
            let customers = customers::named(&self.pool, text).await?;
            query.push(" and (c.id = any(").push_bind(customers);
            query.push(") or f.upstream_id = ").push_bind(text.clone());
            query.push(" or l.number::text = ").push_bind(text.clone()).push(")");
        }
        paging.push(&mut query, paging.sort.column, "f.number");
        let rows: Vec<Row> = query.build_query_as().persistent(false).fetch_all(&self.pool).await?;
        Listed::cut(rows, paging, |row| (row.number, row.sort_key.as_str()), Row::read)
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
        let renewed = row.kind == FindingKind::Renewed.as_str();
        let taken_back = row.kind == FindingKind::TakenBack.as_str();
        let resolution = match remedy {
            Remedy::Adopt => "adopted",
            // The vendor will do it again with another term, and that is another thing to look at.
            Remedy::Dismiss if renewed || taken_back => "borne",
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
            _ if taken_back => self.settle_terms(tx, finding, remedy, staff, reason).await?,
            (Remedy::Dismiss, ..) if renewed => tx.commit().await?,
            (Remedy::Adopt, ..) if renewed => {
                self.charge_found_renewal(tx, finding, staff.user).await?;
            }
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
                     currency, price, cost, pricelist_version_id, created_at, parent_id, fields,
                     vendor_renews)
                select $1, o.customer_id, o.user_id, o.wish_hash, o.plan_id, o.period, o.ip, o.name,
                       o.addons, o.quote, o.currency, o.price, o.cost, o.pricelist_version_id, $4,
                       o.parent_id, o.fields, o.vendor_renews
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
