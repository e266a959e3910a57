//! Changing a license: what it would cost and lead to, planning it, and taking it back.

use std::collections::BTreeMap;

use domain::address::{AddressError, license_name};
use domain::change::{Change, NotNow, Subject};
use domain::license::LicenseStatus;
use domain::operation::OperationKind;
use domain::plan::{Addon, ChoiceError};
use domain::price::{PriceError, Quote, pro_rata};
use domain::{Money, Period};
use ledger::{AccountKind, Cause, CauseKind, LedgerError, WalletHold, hold_from_wallet_in_tx};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::Dispute;
use super::Renews;
use super::limit::ChangeRule;
use super::term::{add_months, brings_nothing, renewed_until, term_end};
use crate::catalog::{Offer, Plan, PublishedPricelist, any_plan, owned_plan};
use crate::fault::Step;
use crate::orders::EventKind;
use crate::people::CustomerViewer;
use crate::{Error, Portal, operations, random};

/// A change that its owner asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeWish {
    /// The operation's id, made when the form was made ([`Portal::next_change_id`]).
    pub id: Uuid,
    /// Which license.
    pub license: Uuid,
    /// What.
    pub change: Change,
    /// What the owner saw that it costs: this is charged, or nothing is. None for what is free.
    pub shown_total: Option<Money>,
    /// The last day that the owner saw a renewal lead to: nothing is charged for an earlier one.
    pub shown_until: Option<Date>,
}

/// What a change would cost and lead to.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Its price; none for what is free.
    pub quote: Option<Quote>,
    /// The last day as it is.
    pub until: Option<Date>,
    /// The last day as it would be, where the change sets one and it can be told.
    pub until_then: Option<Date>,
    /// How long it can be taken back before anything is sent.
    pub undo: Option<std::time::Duration>,
    /// The license is stopped at once, and goes when it cannot be taken back any more.
    pub stops: bool,
    /// Something else is under way for the license; this waits for it.
    pub waits: bool,
}

/// What can be done to a license, as far as our own books tell.
#[derive(Debug, Clone)]
pub struct Possible {
    /// The license.
    pub license: super::LicenseDetail,
    /// Terms that its plan has; a trial is none of them.
    periods: Vec<Period>,
    /// Those of them that have a price.
    pub renewals: Vec<Period>,
    /// Its plan's add-ons.
    pub addons: Vec<Addon>,
    /// Plans that it can become one of, with their prices.
    pub plans: Vec<Offer>,
    /// The vendor keeps a name for it.
    pub named: bool,
    can: Vec<OperationKind>,
    status: LicenseStatus,
    today: Date,
    /// Before this day the vendor does not let the address be changed.
    pub ip_from: Option<Date>,
    /// Before this day the vendor does not let the key be changed.
    pub key_from: Option<Date>,
    renewal_over: bool,
    in_the_way: InTheWay,
}

/// What may stand in the way of a change, whatever the license is.
#[derive(Debug, Clone, Copy)]
struct InTheWay {
    /// It is being deleted, or is about to be; a module goes with its license.
    deleting: bool,
    /// Its plan or counts are being changed.
    replanning: bool,
    /// It is being suspended or resumed, which decides from when a term counts.
    stopping: bool,
    dispute: Option<Dispute>,
}

impl InTheWay {
    fn of(self, kind: OperationKind) -> Option<NotNow> {
        if self.deleting {
            return Some(NotNow::Deleting);
        }
        let held_up = self.dispute.and_then(|dispute| dispute.stops(kind));
        let replanning = self.replanning && kind.is_priced_by_plan();
        let stopping = self.stopping && kind == OperationKind::Renew;
        held_up
            .or(replanning.then_some(NotNow::PlanChanging))
            .or(stopping.then_some(NotNow::Stopping))
    }

    fn is_disputed(self) -> bool {
        self.dispute == Some(Dispute::TakenBack)
    }
}

impl Possible {
    fn subject(&self) -> Subject<'_> {
        Subject {
            status: self.status,
            period: self.license.period,
            ran_out: self.license.row.expires_on.is_some_and(|day| day < self.today),
            can: self.can.as_slice(),
            ip_waits: self.ip_from.is_some(),
            key_waits: self.key_from.is_some(),
            renewal_over: self.renewal_over,
        }
    }

    /// Whether there is another term after this one: by itself, too.
    #[must_use]
    pub fn may_renew(&self) -> bool {
        self.can.contains(&OperationKind::Renew)
            && !self.renewal_over
            && !self.in_the_way.is_disputed()
            && matches!(self.license.renews, Renews::ByHand | Renews::ByPortal)
            && self.license.period.months().is_some()
            && self.periods.contains(&self.license.period)
    }

    /// From when on the address or the key can be changed again, while that has to wait.
    #[must_use]
    pub fn again_from(&self, kind: OperationKind) -> Option<Date> {
        let from = match kind {
            OperationKind::Edit => self.ip_from,
            OperationKind::ReissueKey => self.key_from,
            _ => None,
        };
        from.filter(|_| self.can.contains(&kind) && self.status != LicenseStatus::Deleted)
    }

    /// What this kind of change has to wait for, if something stands in the way.
    #[must_use]
    pub fn held_up(&self, kind: OperationKind) -> Option<NotNow> {
        let until = self.license.row.expires_on;
        let no_later = |period: &Period| brings_nothing(self.status, until, self.today, *period);
        let paid_ahead = kind == OperationKind::Renew
            && !self.renewals.is_empty()
            && self.renewals.iter().all(no_later);
        self.in_the_way.of(kind).or(paid_ahead.then_some(NotNow::PaidAhead))
    }

    /// Nobody can say from when its next term would begin.
    fn has_no_day(&self) -> bool {
        self.license.row.expires_on.is_none()
    }

    /// It could be renewed if only a term of it had a price.
    #[must_use]
    pub fn lacks_price(&self) -> bool {
        let renew = Change::Renew { period: self.license.period };
        let lacks = !self.periods.is_empty() && self.renewals.is_empty() && !self.has_no_day();
        lacks && renew.check(self.subject()).is_ok()
    }

    /// Whether this kind of change makes sense now; the button is not there otherwise.
    #[must_use]
    pub fn allows(&self, kind: OperationKind) -> bool {
        if self.held_up(kind).is_some() {
            return false;
        }
        let change = match kind {
            OperationKind::Order => return false,
            OperationKind::Renew if self.renewals.is_empty() || self.has_no_day() => return false,
            OperationKind::Renew => Change::Renew { period: self.license.period },
            OperationKind::Edit if !self.named && self.ip_from.is_some() => return false,
            OperationKind::Edit => Change::Edit { ip: None, name: Some(String::new()) },
            OperationKind::ChangePlan if self.plans.is_empty() => return false,
            OperationKind::ChangePlan => {
                Change::ChangePlan { plan: String::new(), period: Period::MONTH }
            }
            OperationKind::Addons if self.addons.is_empty() => return false,
            OperationKind::Addons => Change::Addons { counts: BTreeMap::new() },
            OperationKind::Suspend => Change::Suspend,
            OperationKind::Resume => Change::Resume,
            OperationKind::ReissueKey => Change::ReissueKey,
            OperationKind::Delete => Change::Delete,
        };
        change.check(self.subject()).is_ok()
    }
}

/// A planned change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The operation that carries it out.
    pub operation: Uuid,
    /// False when it had been asked for before.
    pub fresh: bool,
}

/// Why nothing was planned; nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The customer has no such license.
    #[error("no such license")]
    NoSuchLicense,
    /// It makes no sense for the license as it is.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// The vendor allows it again from this day on.
    #[error("possible again from {0}")]
    TooSoon(Date),
    /// Term or counts do not fit the plan.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The name is not usable.
    #[error("the name is not usable")]
    Name(AddressError),
    /// It has no price, so it cannot be bought here now.
    #[error("there is no price for it")]
    NoPrice,
    /// The price is another one than was shown; it must be seen first.
    #[error("the price has changed")]
    PriceChanged {
        /// The price now.
        now: Money,
    },
    /// The license was stopped or its last day moved, so the term would end sooner than was shown.
    #[error("the term would end sooner than was shown")]
    DayChanged,
    /// The wallet has too little.
    #[error("not enough money")]
    NotEnough {
        /// What can be spent.
        available: Money,
        /// What is missing.
        missing: Money,
    },
    /// The form was used before, for something else or by somebody else.
    #[error("the form was used before")]
    FormUsed,
    /// It is under way or done already, too far to be taken back.
    #[error("it cannot be taken back any more")]
    TooLate,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// On whose behalf something is changed.
pub(super) struct Asker<'a> {
    pub customer: Uuid,
    /// The pricing group.
    pub group: &'a str,
    /// Who asks; none for the portal's own automation.
    pub user: Option<Uuid>,
}

impl<'a> From<&'a CustomerViewer> for Asker<'a> {
    fn from(viewer: &'a CustomerViewer) -> Self {
        Self { customer: viewer.customer, group: &viewer.group, user: Some(viewer.user) }
    }
}

/// A license as far as a change looks at it.
pub(super) struct Owned {
    id: Uuid,
    account: Uuid,
    slug: String,
    status: LicenseStatus,
    period: Period,
    expires_on: Option<Date>,
    ip: String,
    name: Option<String>,
    pub(super) addons: BTreeMap<String, u32>,
    undo_window: std::time::Duration,
    busy: bool,
    in_the_way: InTheWay,
    rule: ChangeRule,
    ip_changed_on: Option<Date>,
    key_changed_on: Option<Date>,
    renewal_ends_on: Option<Date>,
}

impl Owned {
    fn ip_from(&self, today: Date) -> Option<Date> {
        self.rule.waits_until(self.ip_changed_on, today)
    }

    fn key_from(&self, today: Date) -> Option<Date> {
        self.rule.waits_until(self.key_changed_on, today)
    }

    fn renewal_over(&self, today: Date) -> bool {
        self.renewal_ends_on.is_some_and(|last| today > last)
    }

    /// Whether it is stopped before this is done to it.
    fn stops_first(&self, can: &[OperationKind], kind: OperationKind) -> bool {
        kind == OperationKind::Delete
            && self.status == LicenseStatus::Active
            && can.contains(&OperationKind::Suspend)
            && can.contains(&OperationKind::Resume)
    }
}

/// A price, and the pricelist that it was made with.
struct Priced {
    quote: Quote,
    pricelist: Uuid,
}

impl Portal {
    /// The id of the next change of this license: every tab that shows the form before it is sent
    /// carries the same one.
    pub async fn next_change_id(
        &self,
        viewer: &CustomerViewer,
        license: Uuid,
    ) -> Result<Uuid, Error> {
        let made = sqlx::query_scalar!(
            "select count(*) as \"count!\" from operation where license_id = $1 and customer_id = $2",
            license,
            viewer.customer,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(form_id(license, made))
    }

    /// What can be done to this license; none if the customer has no such license.
    pub async fn possible_changes(
        &self,
        viewer: &CustomerViewer,
        license: Uuid,
    ) -> Result<Option<Possible>, Error> {
        let Some(detail) = self.license(viewer, license).await? else { return Ok(None) };
        let mut db = self.pool.acquire().await?;
        let owned = find(&mut db, viewer.customer, license).await?;
        let plan = owned_plan(&mut db, &viewer.group, &detail.slug).await?;
        drop(db);
        let (Some(owned), Some((plan, tariff))) = (owned, plan) else { return Ok(None) };
        let shelf = self.shelf(&viewer.group).await?;
        let plans = shelf
            .iter()
            .flat_map(|family| &family.plans)
            .filter(|offer| plan.becomes(&offer.plan, owned.period == Period::Trial))
            .map(|offer| {
                let mut offer = offer.clone();
                offer.prices.retain(|(period, _)| *period != Period::Trial);
                offer
            })
            .filter(|offer| !offer.prices.is_empty())
            .collect();
        let mut periods = plan.capabilities.periods.clone();
        periods.retain(|period| period.months().is_some());
        let priced = |period: &Period| {
            let list = tariff.of(&plan, *period);
            quoted(&plan, list, &owned, *period, &owned.addons).is_ok()
        };
        let renewals = periods.iter().copied().filter(priced).collect();
        let capabilities = plan.capabilities;
        let today = self.clock.now().date();
        Ok(Some(Possible {
            status: owned.status,
            today,
            named: capabilities.named,
            can: capabilities.can,
            ip_from: owned.ip_from(today),
            key_from: owned.key_from(today),
            renewal_over: owned.renewal_over(today),
            in_the_way: owned.in_the_way,
            periods,
            renewals,
            addons: capabilities.addons,
            plans,
            license: detail,
        }))
    }

    /// What this change would cost and lead to, without changing anything.
    pub async fn preview_change(
        &self,
        viewer: &CustomerViewer,
        license: Uuid,
        change: &Change,
    ) -> Result<Preview, ChangeError> {
        self.preview_for(&viewer.into(), license, change).await
    }

    pub(super) async fn preview_for(
        &self,
        asker: &Asker<'_>,
        license: Uuid,
        change: &Change,
    ) -> Result<Preview, ChangeError> {
        let mut db = self.pool.acquire().await?;
        let owned = find(&mut db, asker.customer, license).await?;
        let owned = owned.ok_or(ChangeError::NoSuchLicense)?;
        let today = self.clock.now().date();
        let can = abilities(&mut db, &owned).await?;
        check(&owned, &can, change, today)?;
        let priced = priced(&mut db, asker.group, &owned, change, today).await?;
        let until_then = match change {
            Change::Renew { period } => {
                renewed_until(owned.status, owned.expires_on, today, *period)
            }
            Change::ChangePlan { period, .. } => term_end(today, *period),
            _ => None,
        };
        let undo = (change.kind() == OperationKind::Delete).then_some(owned.undo_window);
        let quote = priced.map(|priced| priced.quote);
        let stops = owned.stops_first(&can, change.kind());
        Ok(Preview { quote, until: owned.expires_on, until_then, undo, stops, waits: owned.busy })
    }

    /// Plans a change: checks, prices, reserves and writes it down; the worker does the rest. A
    /// renewal from the same last day is the one that is planned already, whoever asked for it, and
    /// so is one by a form that was made before, even if it has moved the last day by now.
    pub async fn change_license(
        &self,
        viewer: &CustomerViewer,
        wish: &ChangeWish,
    ) -> Result<Planned, ChangeError> {
        self.change_for(&viewer.into(), wish).await
    }

    pub(super) async fn change_for(
        &self,
        asker: &Asker<'_>,
        wish: &ChangeWish,
    ) -> Result<Planned, ChangeError> {
        let hash = wish_hash(wish);
        let refused = match self.plan_change(asker, wish, &hash).await {
            Ok(planned) => return Ok(planned),
            Err(ChangeError::Internal(error)) => return Err(error.into()),
            Err(refused) => refused,
        };
        // As with orders: a form that was sent before is answered as it was then.
        if let Some(known) = same_form(&self.pool, asker.customer, wish.id, &hash).await? {
            return known;
        }
        if let (ChangeError::NotEnough { .. }, Some(total)) = (&refused, wish.shown_total) {
            let (available, missing) = self.shortfall(asker.customer, total).await?;
            return Err(ChangeError::NotEnough { available, missing });
        }
        Err(refused)
    }

    /// A refusal takes everything back.
    async fn plan_change(
        &self,
        asker: &Asker<'_>,
        wish: &ChangeWish,
        hash: &[u8; 32],
    ) -> Result<Planned, ChangeError> {
        let mut tx = self.pool.begin().await?;
        // One thing of a customer at a time, as with orders; a renewal by the worker waits here, too.
        sqlx::query!(
            "select 1 as one from customer where id = $1 for no key update",
            asker.customer
        )
        .fetch_one(&mut *tx)
        .await?;
        let owned = find(&mut tx, asker.customer, wish.license).await?;
        let owned = owned.ok_or(ChangeError::NoSuchLicense)?;
        if let Some(known) = same_form(&mut *tx, asker.customer, wish.id, hash).await? {
            return known;
        }
        let now = self.clock.now();
        let today = now.date();
        let kind = wish.change.kind();
        let term = if kind == OperationKind::Renew { owned.expires_on } else { None };
        if let Some(term) = term.filter(|_| !owned.in_the_way.is_disputed()) {
            let planned = sqlx::query_scalar!(
                "select coalesce(renewal_from($1, $2),
                                 (select operation from paid_terms($1)
                                   where kind = 'renew' and ends > $2::date + $3::int
                                     and finished_at >= $4 limit 1))",
                owned.id,
                term,
                super::LEAST_DAYS,
                now - super::BELIEVED,
            )
            .fetch_one(&mut *tx)
            .await?;
            let planned = match planned {
                None => renewed_since(&mut tx, asker.customer, owned.id, wish.id).await?,
                planned => planned,
            };
            if let Some(operation) = planned {
                return Ok(Planned { operation, fresh: false });
            }
        }
        let can = abilities(&mut tx, &owned).await?;
        check(&owned, &can, &wish.change, today)?;
        let change = tidied(&wish.change, &owned)?;
        let priced = priced(&mut tx, asker.group, &owned, &change, today).await?;
        let total = priced.as_ref().map(|priced| priced.quote.total);
        match (total, wish.shown_total) {
            (Some(now), shown) if shown != Some(now) => {
                return Err(ChangeError::PriceChanged { now });
            }
            (None, Some(shown)) if !shown.is_zero() => {
                return Err(ChangeError::PriceChanged { now: Money::zero(shown.currency()) });
            }
            _ => {}
        }
        let agreed_until = match &change {
            Change::Renew { period } => {
                renewed_until(owned.status, owned.expires_on, today, *period)
            }
            _ => None,
        };
        if agreed_until < wish.shown_until {
            return Err(ChangeError::DayChanged);
        }
        let hold = match total {
            Some(total) if !total.is_zero() => {
                Some(hold(&mut tx, asker, wish, kind, total, now).await?)
            }
            _ => None,
        };
        let undo_until = (kind == OperationKind::Delete).then(|| now + owned.undo_window);
        let zero = crate::upstreams::currency_in_tx(&mut tx, owned.account).await?;
        if owned.stops_first(&can, kind) {
            // Nobody works on a license that is about to go, and nothing is lost until it has gone.
            let stop = Beside { id: stop_of(wish.id), change: Change::Suspend, by: asker.user };
            plan_beside(&mut tx, owned.id, owned.account, zero, &stop, hash, now).await?;
        }
        let cost = priced.as_ref().map_or(zero, |priced| priced.quote.cost);
        sqlx::query!(
            "insert into operation
                (id, kind, license_id, upstream_account_id, state, reference, hold_id, currency,
                 price, cost, next_at, requested_by, created_at, change, wish_hash, quote,
                 pricelist_version_id, term, undo_until, agreed_until)
             values ($1, $2, $3, $4, 'planned', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                     $16, $17, $18, $19)",
            wish.id,
            kind.as_str(),
            owned.id,
            owned.account,
            upstream::reference(u64::from_le_bytes(random::bytes())),
            hold,
            cost.currency().code(),
            total.map_or(0, Money::amount),
            cost.amount(),
            undo_until.unwrap_or(now),
            asker.user,
            now,
            Json(&change) as _,
            hash.as_slice(),
            priced.as_ref().map(|priced| Json(&priced.quote)) as _,
            priced.as_ref().map(|priced| priced.pricelist),
            term,
            undo_until,
            agreed_until,
        )
        .execute(&mut *tx)
        .await?;
        self.faults.reach(Step::Planning).await;
        tx.commit().await?;
        self.bell.ring();
        self.faults.reach(Step::Planned).await;
        tracing::info!(operation.id = %wish.id, operation.kind = kind.as_str(), "a change was planned");
        Ok(Planned { operation: wish.id, fresh: true })
    }

    /// Takes back what was not sent, an order or a change; exactly that, however close the worker is:
    /// the new generation makes its promise void.
    pub async fn cancel_operation(
        &self,
        viewer: &CustomerViewer,
        operation: Uuid,
    ) -> Result<(), ChangeError> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let cancelled = sqlx::query!(
            "update operation
                set state = 'cancelled', generation = generation + 1, finished_at = $3,
                    lease_until = null
              where id = $1 and customer_id = $2 and state in ('planned', 'parked')
                and attempts = 0 and first_sent_at is null
             returning hold_id",
            operation,
            viewer.customer,
            now,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(cancelled) = cancelled else {
            let known = sqlx::query_scalar!(
                "select state from operation where id = $1 and customer_id = $2",
                operation,
                viewer.customer,
            )
            .fetch_optional(&mut *tx)
            .await?;
            return match known.as_deref() {
                None => Err(ChangeError::NoSuchLicense),
                // The same click again.
                Some("cancelled") => Ok(()),
                Some(_) => Err(ChangeError::TooLate),
            };
        };
        if let Some(hold) = cancelled.hold_id {
            let by = Some(viewer.user);
            operations::release_in_tx(&mut tx, operation, hold, by, "taken back", now).await?;
        }
        start_again_in_tx(&mut tx, Some(viewer.user), operation, now).await?;
        sqlx::query!(
            "insert into operation_event (operation_id, at, event) values ($1, $2, $3)",
            operation,
            now,
            EventKind::Cancelled.as_str(),
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        // What waited for it may begin.
        self.bell.ring();
        Ok(())
    }
}

/// A term that the vendor has begun by itself.
pub(crate) struct DoneRenewal<'a> {
    pub customer: Uuid,
    /// The pricing group.
    pub group: &'a str,
    /// Who says so; none for the portal's own automation.
    pub user: Option<Uuid>,
    pub license: Uuid,
    pub period: Period,
    /// The last day from which it begins.
    pub term: Date,
}

/// Writes down a renewal that has happened, with its hold, for the caller to confirm; none if a renewal
/// from this day is paid already. [`ChangeError::TooLate`] while something is under way.
pub(crate) async fn plan_done_renewal_in_tx(
    tx: &mut PgConnection,
    renewal: &DoneRenewal<'_>,
    now: OffsetDateTime,
) -> Result<Option<Uuid>, ChangeError> {
    // One thing of a customer at a time, as with every change.
    sqlx::query!("select 1 as one from customer where id = $1 for no key update", renewal.customer)
        .fetch_one(&mut *tx)
        .await?;
    let known = sqlx::query!(
        "select exists (select from operation
                         where license_id = $1 and finished_at is null) as \"busy!\",
                renewal_from($1, $2) is not null or exists (select from paid_terms($1)
                            where starts <= $2::date + $3::int and ends > $2::date + $4::int)
                    as \"paid!\"",
        renewal.license,
        renewal.term,
        super::NEAR_DAYS,
        super::LEAST_DAYS,
    )
    .fetch_one(&mut *tx)
    .await?;
    // What is under way may be this very term, or end the license.
    if known.busy {
        return Err(ChangeError::TooLate);
    }
    if known.paid {
        return Ok(None);
    }
    let owned = find(tx, renewal.customer, renewal.license).await?;
    let owned = owned.ok_or(ChangeError::NoSuchLicense)?;
    if owned.status == LicenseStatus::Deleted {
        return Err(NotNow::NotLive.into());
    }
    if owned.in_the_way.is_disputed() {
        return Err(ChangeError::TooLate);
    }
    let change = Change::Renew { period: renewal.period };
    let priced = priced(tx, renewal.group, &owned, &change, now.date()).await?;
    let priced = priced.ok_or(ChangeError::NoPrice)?;
    let total = priced.quote.total;
    let wish = ChangeWish {
        id: Uuid::now_v7(),
        license: owned.id,
        change: change.clone(),
        shown_total: Some(total),
        shown_until: None,
    };
    let asker = Asker { customer: renewal.customer, group: renewal.group, user: renewal.user };
    let hold = match total {
        total if total.is_zero() => None,
        total => Some(hold(tx, &asker, &wish, OperationKind::Renew, total, now).await?),
    };
    let hash = wish_hash(&wish);
    sqlx::query!(
        "insert into operation
            (id, kind, license_id, upstream_account_id, state, reference, hold_id, currency, price,
             cost, next_at, requested_by, created_at, change, wish_hash, quote,
             pricelist_version_id, term)
         values ($1, 'renew', $2, $3, 'planned', $4, $5, $6, $7, $8, $9, $10, $9, $11, $12, $13,
                 $14, $15)",
        wish.id,
        owned.id,
        owned.account,
        upstream::reference(u64::from_le_bytes(random::bytes())),
        hold,
        total.currency().code(),
        total.amount(),
        priced.quote.cost.amount(),
        now,
        renewal.user,
        Json(&change) as _,
        hash.as_slice(),
        Json(&priced.quote) as _,
        priced.pricelist,
        renewal.term,
    )
    .execute(&mut *tx)
    .await?;
    Ok(Some(wish.id))
}

/// Undoes what a deletion that is taken back or refused has stopped first: the stop itself if it was
/// not sent, else by starting the license again.
pub(crate) async fn start_again_in_tx(
    tx: &mut PgConnection,
    by: Option<Uuid>,
    deletion: Uuid,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let stop = stop_of(deletion);
    let unsent = sqlx::query_scalar!(
        "update operation
                set state = 'cancelled', generation = generation + 1, finished_at = $2,
                    lease_until = null
              where id = $1 and state = 'planned' and attempts = 0 and first_sent_at is null
             returning id",
        stop,
        now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if unsent.is_some() {
        sqlx::query!(
            "insert into operation_event (operation_id, at, event) values ($1, $2, $3)",
            stop,
            now,
            EventKind::Cancelled.as_str(),
        )
        .execute(&mut *tx)
        .await?;
        return Ok(());
    }
    let sent = sqlx::query!(
        "select license_id as \"license!\", upstream_account_id, wish_hash as \"hash!\"
               from operation
              where id = $1 and state not in ('rejected', 'cancelled')",
        stop,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(sent) = sent else { return Ok(()) };
    let zero = crate::upstreams::currency_in_tx(tx, sent.upstream_account_id).await?;
    let id = Uuid::new_v5(&deletion, b"resume");
    let start = Beside { id, change: Change::Resume, by };
    let (license, account) = (sent.license, sent.upstream_account_id);
    plan_beside(tx, license, account, zero, &start, &sent.hash, now).await
}

/// The operation that stops a license before this one deletes it.
fn stop_of(deletion: Uuid) -> Uuid {
    Uuid::new_v5(&deletion, b"suspend")
}

/// An operation that nobody asked for by itself: it comes with another one and costs nothing.
struct Beside {
    id: Uuid,
    change: Change,
    by: Option<Uuid>,
}

async fn plan_beside(
    tx: &mut PgConnection,
    license: Uuid,
    account: Uuid,
    zero: Money,
    beside: &Beside,
    hash: &[u8],
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into operation
            (id, kind, license_id, upstream_account_id, state, reference, currency, price, cost,
             next_at, requested_by, created_at, change, wish_hash)
         values ($1, $2, $3, $4, 'planned', $5, $6, 0, 0, $7, $8, $7, $9, $10)
         on conflict do nothing",
        beside.id,
        beside.change.kind().as_str(),
        license,
        account,
        upstream::reference(u64::from_le_bytes(random::bytes())),
        zero.currency().code(),
        now,
        beside.by,
        Json(&beside.change) as _,
        hash,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The id of the form that is made when so many operations of the license are known.
fn form_id(license: Uuid, made: i64) -> Uuid {
    Uuid::new_v5(&license, format!("change/{made}").as_bytes())
}

/// The renewal that was planned after this form was made: what the form's page showed is what that one
/// has done, or will do.
async fn renewed_since(
    tx: &mut PgConnection,
    customer: Uuid,
    license: Uuid,
    form: Uuid,
) -> Result<Option<Uuid>, Error> {
    let operations = sqlx::query!(
        "select id, (kind = 'renew' and state not in ('rejected', 'cancelled')
                    and taken_back_at is null and superseded_at is null) as \"renews!\"
           from operation where license_id = $1 and customer_id = $2 order by number",
        license,
        customer,
    )
    .fetch_all(tx)
    .await?;
    let since = (0..).zip(&operations).position(|(made, _)| form_id(license, made) == form);
    let since = since.and_then(|since| operations.get(since..)).unwrap_or_default();
    Ok(since.iter().find(|operation| operation.renews).map(|operation| operation.id))
}

/// What makes sense for the license, with what was typed tidied.
pub(super) fn check(
    owned: &Owned,
    can: &[OperationKind],
    change: &Change,
    today: Date,
) -> Result<(), ChangeError> {
    if let Some(held_up) = owned.in_the_way.of(change.kind()) {
        return Err(held_up.into());
    }
    let ran_out = owned.expires_on.is_some_and(|day| day < today);
    let tidied = tidied(change, owned)?;
    if matches!(tidied, Change::Edit { ip: None, name: None }) {
        return Err(NotNow::Same.into());
    }
    let (ip_from, key_from) = (owned.ip_from(today), owned.key_from(today));
    let subject = Subject {
        status: owned.status,
        period: owned.period,
        ran_out,
        can,
        ip_waits: ip_from.is_some(),
        key_waits: key_from.is_some(),
        renewal_over: owned.renewal_over(today),
    };
    tidied.check(subject).map_err(|why| {
        let from = if tidied == Change::ReissueKey { key_from } else { ip_from };
        match (why, from) {
            (NotNow::TooSoon, Some(day)) => ChangeError::TooSoon(day),
            (why, _) => ChangeError::NotNow(why),
        }
    })?;
    match tidied {
        Change::Edit { ip, name } => {
            let same_ip = ip.is_none();
            let same_name = name.is_none_or(|name| name == owned.name.clone().unwrap_or_default());
            if same_ip && same_name {
                return Err(NotNow::Same.into());
            }
        }
        Change::ChangePlan { plan, .. } if *plan == owned.slug && owned.period != Period::Trial => {
            return Err(NotNow::Same.into());
        }
        Change::Addons { counts }
            if counts.iter().all(|(code, count)| owned.addons.get(code) == Some(count)) =>
        {
            return Err(NotNow::Same.into());
        }
        Change::Renew { .. } if owned.expires_on.is_none() => return Err(NotNow::Lifetime.into()),
        Change::Renew { period } if period.months().is_none() => {
            return Err(ChoiceError::Period.into());
        }
        Change::Renew { period }
            if brings_nothing(owned.status, owned.expires_on, today, period) =>
        {
            return Err(NotNow::PaidAhead.into());
        }
        _ => {}
    }
    Ok(())
}

/// What is asked for without what is so already: an address that is not changed is not sent.
fn tidied(change: &Change, owned: &Owned) -> Result<Change, ChangeError> {
    Ok(match change {
        Change::Edit { ip, name } => {
            let name = name.as_deref().map(license_name).transpose();
            let name = name.map_err(ChangeError::Name)?.map(Option::unwrap_or_default);
            Change::Edit { ip: ip.filter(|ip| ip.to_string() != owned.ip), name }
        }
        other => other.clone(),
    })
}

/// What can be done to a license of its plan at all.
async fn abilities(db: &mut PgConnection, owned: &Owned) -> Result<Vec<OperationKind>, Error> {
    let plan = any_plan(db, &owned.slug).await?;
    Ok(plan.map(|plan| plan.capabilities.can).unwrap_or_default())
}

/// The price of a change; none for what is free.
async fn priced(
    db: &mut PgConnection,
    group: &str,
    owned: &Owned,
    change: &Change,
    today: Date,
) -> Result<Option<Priced>, ChangeError> {
    let slug = match change {
        Change::ChangePlan { plan, .. } => plan,
        Change::Renew { .. } | Change::Addons { .. } => &owned.slug,
        _ => return Ok(None),
    };
    let found = owned_plan(db, group, slug).await?;
    let (plan, tariff) = found.ok_or(ChangeError::NoPrice)?;
    let period = match change {
        Change::Renew { period } | Change::ChangePlan { period, .. } => *period,
        _ => owned.period,
    };
    let pricelist = tariff.of(&plan, period);
    let quoted = |addons| quoted(&plan, pricelist, owned, period, addons);
    let quote = match change {
        Change::Renew { .. } => quoted(&owned.addons)?,
        Change::ChangePlan { .. } => {
            let now = any_plan(db, &owned.slug).await?.ok_or(ChangeError::NoPrice)?;
            let trial = owned.period == Period::Trial;
            if period == Period::Trial || !now.becomes(&plan, trial) || !plan.is_sold_on(today) {
                return Err(ChangeError::NoPrice);
            }
            quoted(&BTreeMap::new())?
        }
        Change::Addons { counts } => {
            let mut then = owned.addons.clone();
            then.extend(counts.clone());
            let (now, then) = (quoted(&owned.addons)?, quoted(&then)?);
            let (left, whole) = days(owned, today);
            pro_rata(&now, &then, left, whole).map_err(|error| {
                ChangeError::Internal(Error::unreadable("pricelist_version", error))
            })?
        }
        _ => return Ok(None),
    };
    Ok(Some(Priced { quote, pricelist: pricelist.id }))
}

/// What such a license costs with these counts.
pub(super) fn quoted(
    plan: &Plan,
    pricelist: &PublishedPricelist,
    owned: &Owned,
    period: Period,
    addons: &BTreeMap<String, u32>,
) -> Result<Quote, ChangeError> {
    let choice = plan.capabilities.check(period, &owned.ip, addons)?;
    plan.quote(&choice, &pricelist.content).map_err(|error| match error {
        PriceError::NoRule | PriceError::BelowFloor { .. } => ChangeError::NoPrice,
        other => ChangeError::Internal(Error::unreadable("pricelist_version", other)),
    })
}

/// Days that are left of the term, and days of the whole term; one of one where there is no end.
fn days(owned: &Owned, today: Date) -> (u32, u32) {
    let term = owned.expires_on.and_then(|end| {
        let months = owned.period.months()?;
        let start = add_months(end, -i32::from(months))?;
        let days = |days: i64| u32::try_from(days.max(0)).ok();
        Some((days((end - today).whole_days())?, days((end - start).whole_days())?))
    });
    term.unwrap_or((1, 1))
}

async fn hold(
    tx: &mut PgConnection,
    asker: &Asker<'_>,
    wish: &ChangeWish,
    kind: OperationKind,
    amount: Money,
    now: OffsetDateTime,
) -> Result<Uuid, ChangeError> {
    let hold = WalletHold {
        id: Uuid::now_v7(),
        customer: asker.customer,
        against: AccountKind::Revenue,
        amount,
        cause: Cause {
            kind: CauseKind::Operation,
            id: wish.id,
            actor: asker.user,
            reason: kind.as_str().replace('_', " "),
        },
    };
    match hold_from_wallet_in_tx(tx, &hold, now).await {
        Ok(()) => Ok(hold.id),
        Err(LedgerError::InsufficientFunds) => Err(ChangeError::NotEnough {
            available: Money::zero(amount.currency()),
            missing: amount,
        }),
        Err(error) => Err(ChangeError::Internal(error.into())),
    }
}

pub(super) async fn find(
    db: &mut PgConnection,
    customer: Uuid,
    license: Uuid,
) -> Result<Option<Owned>, Error> {
    let row = sqlx::query!(
        "select l.id, l.upstream_account_id, p.slug, l.status, l.period, l.expires_on,
                host(l.ip) as ip, l.name, l.addons as \"addons: Json<BTreeMap<String, u32>>\",
                u.undo_window_ms, u.change_rule, l.ip_changed_on, l.key_changed_on,
                p.renewal_ends_on,
                array(select x.kind from operation x
                       where x.license_id = l.id and x.finished_at is null) as \"under_way!\",
                exists (select from operation x where x.license_id = l.parent_id
                           and x.finished_at is null and x.kind = 'delete') as \"parent_goes!\",
                dispute_of(l.id) as dispute
           from license l join plan p on p.id = l.plan_id
           join upstream_account u on u.id = l.upstream_account_id
          where l.id = $1 and l.customer_id = $2",
        license,
        customer,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let is_under_way = |kind: OperationKind| row.under_way.iter().any(|word| word == kind.as_str());
    let in_the_way = InTheWay {
        deleting: row.parent_goes || is_under_way(OperationKind::Delete),
        replanning: is_under_way(OperationKind::ChangePlan) || is_under_way(OperationKind::Addons),
        stopping: is_under_way(OperationKind::Suspend) || is_under_way(OperationKind::Resume),
        dispute: row.dispute.as_deref().map(Dispute::from_word),
    };
    Ok(Some(Owned {
        id: row.id,
        account: row.upstream_account_id,
        slug: row.slug,
        status: super::read_status(&row.status)?,
        period: Period::try_from(row.period)
            .map_err(|error| Error::unreadable("license", error))?,
        expires_on: row.expires_on,
        ip: row.ip.unwrap_or_default(),
        name: row.name,
        addons: row.addons.0,
        undo_window: std::time::Duration::from_millis(
            u64::try_from(row.undo_window_ms).unwrap_or(0),
        ),
        rule: ChangeRule::from_word(&row.change_rule)
            .ok_or_else(|| Error::unreadable("upstream_account", &row.change_rule))?,
        ip_changed_on: row.ip_changed_on,
        key_changed_on: row.key_changed_on,
        renewal_ends_on: row.renewal_ends_on,
        busy: !row.under_way.is_empty(),
        in_the_way,
    }))
}

/// The change that this form planned before, or the error that its reuse is; none for a new form.
async fn same_form(
    db: impl sqlx::PgExecutor<'_>,
    customer: Uuid,
    id: Uuid,
    hash: &[u8; 32],
) -> Result<Option<Result<Planned, ChangeError>>, Error> {
    let row = sqlx::query!("select customer_id, wish_hash from operation where id = $1", id)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| {
        let same = row.customer_id == customer && row.wish_hash.as_deref() == Some(hash.as_slice());
        if same { Ok(Planned { operation: id, fresh: false }) } else { Err(ChangeError::FormUsed) }
    }))
}

/// A fingerprint of everything that the owner decided.
fn wish_hash(wish: &ChangeWish) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(wish.license.as_bytes());
    hash.update(serde_json::to_vec(&wish.change).unwrap_or_default());
    hash.update(wish.shown_total.map(|total| total.to_string()).unwrap_or_default());
    hash.finalize().into()
}
