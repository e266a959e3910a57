//! A customer's order: one plan, one operation, at most one hold.
//!
//! An order is a single line; a cart would be a group of orders, because every line is carried out,
//! paid and told apart on its own anyway.
//!
//! Placing an order writes the order, its hold and its operation in one transaction. The id is made
//! by the form before the first click, so a double click, a reload, a second tab and the back
//! button all find the same order.

mod store;
mod view;

use std::collections::BTreeMap;

use domain::address::{AddressError, license_name};
use domain::plan::ChoiceError;
use domain::{Money, Period};
use ledger::{
    AccountKind, Balance, Cause, CauseKind, LedgerError, Transfer, hold_in_tx,
    wallet_and_house_in_tx,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use view::{
    Attempt, BY_PRICE, BY_TIME, DeskOrder, DeskOrderRow, Event, EventKind, MoneyState, OrderDetail,
    OrderFilter, OrderRow, SORTS,
};

use crate::catalog::{self, Priced, QuoteError};
use crate::fault::{Step, crash_point};
use crate::people::CustomerViewer;
use crate::{Error, Portal, operations, random};

/// What the form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The order's id, made when the form was made ([`Portal::next_order_id`]).
    pub id: Uuid,
    /// The plan.
    pub plan: String,
    /// The term.
    pub period: Period,
    /// As typed; ignored by plans without an address.
    pub ip: String,
    /// The customer's own name for the license, as typed; may be empty.
    pub name: String,
    /// Absolute counts by add-on code.
    pub addons: BTreeMap<String, u32>,
    /// The total that the buyer saw: this is charged, or nothing is.
    pub shown_total: Money,
}

/// An order that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its id.
    pub id: Uuid,
    /// False when the same form had been sent before.
    pub fresh: bool,
}

/// Why no order was placed; nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There is no such plan, or it is not for sale.
    #[error("no such plan")]
    NoSuchPlan,
    /// Period, address or add-ons do not fit the plan.
    #[error(transparent)]
    Choice(ChoiceError),
    /// The name is too long or has control characters.
    #[error("the name is not usable")]
    Name(AddressError),
    /// The price is another one than the buyer saw; they must see this one first.
    #[error("the price has changed")]
    PriceChanged {
        /// The price now.
        now: Money,
    },
    /// The wallet has too little.
    #[error("not enough money")]
    NotEnough {
        /// What can be spent.
        available: Money,
        /// What is missing.
        missing: Money,
    },
    /// The form was used before, for another wish or by somebody else.
    #[error("the form was used before")]
    FormUsed,
    /// This customer has a live license or an open order of this plan for this address.
    #[error("ordered already for this address")]
    AlreadyOrdered {
        /// That order.
        order: Uuid,
    },
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<QuoteError> for PlaceError {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::NoSuchPlan => Self::NoSuchPlan,
            QuoteError::Choice(choice) => Self::Choice(choice),
            QuoteError::Internal(error) => Self::Internal(error),
        }
    }
}

impl From<sqlx::Error> for PlaceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl Portal {
    /// The id of this customer's next order of this plan. It is derived, not drawn: every tab that
    /// shows the form before the order is placed carries the same id, and the next one is another.
    pub async fn next_order_id(&self, viewer: &CustomerViewer, plan: &str) -> Result<Uuid, Error> {
        let placed = sqlx::query_scalar!(
            "select count(*) as \"count!\" from customer_order o join plan p on p.id = o.plan_id
              where o.customer_id = $1 and p.slug = $2",
            viewer.customer,
            plan,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Uuid::new_v5(&viewer.customer, format!("{plan}/{placed}").as_bytes()))
    }

    /// Places an order: checks, prices, reserves and plans; the worker does the rest.
    pub async fn place_order(
        &self,
        viewer: &CustomerViewer,
        wish: &Wish,
    ) -> Result<Placed, PlaceError> {
        let name = license_name(&wish.name).map_err(PlaceError::Name)?;
        let mut tx = self.pool.begin().await?;
        let hash = wish_hash(wish, name.as_deref());
        // One order of a customer at a time: what is checked below stays true until it is written.
        // A form that was sent before is answered as it was then, whatever the price or the balance
        // is now.
        if let Some(placed) = store::enter(&mut tx, viewer.customer, wish.id, &hash).await? {
            return placed;
        }
        let priced = catalog::priced(
            &mut tx,
            &viewer.group,
            &wish.plan,
            wish.period,
            &wish.ip,
            &wish.addons,
        )
        .await?;
        let total = priced.quote.total;
        if total != wish.shown_total {
            return Err(PlaceError::PriceChanged { now: total });
        }
        // The row comes before the money: whoever else sent this form waits here and then finds it.
        // What is refused below takes the row with it.
        let now = self.clock.now();
        if !store::insert(&mut tx, viewer, wish, name.as_deref(), &hash, &priced, now).await? {
            if let Some(placed) = store::same_form(&mut tx, viewer.customer, wish.id, &hash).await?
            {
                return placed;
            }
            let (plan, ip) = (priced.plan.id, priced.choice.ip);
            let order = match ip {
                Some(ip) => store::live_order_for_ip(&mut tx, viewer.customer, plan, ip).await?,
                None => None,
            };
            return Err(
                order.map_or(PlaceError::FormUsed, |order| PlaceError::AlreadyOrdered { order })
            );
        }
        let hold = match self.hold(&mut tx, viewer, wish.id, &priced).await {
            // The transaction and its locks go first; what there is now is told.
            Err(PlaceError::NotEnough { .. }) => {
                drop(tx);
                let balance =
                    self.balance(viewer, total.currency()).await.map(Balance::spendable)?;
                return Err(not_enough(balance, total)
                    .unwrap_or(PlaceError::NotEnough { available: balance, missing: total }));
            }
            hold => hold?,
        };
        operations::plan_order_in_tx(
            &mut tx,
            &operations::NewOrder {
                order: wish.id,
                upstream_account: priced.plan.upstream_account,
                reference: upstream::reference(u64::from_le_bytes(random::bytes())),
                hold,
                price: total,
                cost: priced.quote.cost,
                requested_by: viewer.user,
            },
            now,
        )
        .await?;
        crash_point(Step::Ordering);
        tx.commit().await?;
        self.bell.ring();
        crash_point(Step::Ordered);
        tracing::info!(order.id = %wish.id, price = %total, "an order was placed");
        Ok(Placed { id: wish.id, fresh: true })
    }

    /// Reserves the price; nothing for what is free.
    async fn hold(
        &self,
        tx: &mut sqlx::PgConnection,
        viewer: &CustomerViewer,
        order: Uuid,
        priced: &Priced,
    ) -> Result<Option<Uuid>, PlaceError> {
        let total = priced.quote.total;
        if total.is_zero() {
            return Ok(None);
        }
        let now = self.clock.now();
        let (wallet, revenue) = wallet_and_house_in_tx(
            tx,
            viewer.customer,
            AccountKind::Revenue,
            total.currency(),
            now,
        )
        .await
        .map_err(Error::from)?;
        if let Some(not_enough) = not_enough(wallet.balance.spendable(), total) {
            return Err(not_enough);
        }
        let hold = Transfer {
            id: Uuid::now_v7(),
            debit: wallet.account,
            credit: revenue,
            amount: total,
            cause: Cause {
                kind: CauseKind::Order,
                id: order,
                actor: Some(viewer.user),
                reason: format!("order of {}", priced.plan.slug),
            },
        };
        match hold_in_tx(tx, &hold, now).await {
            Ok(()) => Ok(Some(hold.id)),
            Err(LedgerError::InsufficientFunds) => Err(PlaceError::NotEnough {
                available: Money::zero(total.currency()),
                missing: total,
            }),
            Err(error) => Err(Error::from(error).into()),
        }
    }
}

fn not_enough(available: Money, total: Money) -> Option<PlaceError> {
    let missing = total.checked_sub(available).ok()?;
    (missing.amount() > 0).then_some(PlaceError::NotEnough { available, missing })
}

/// A fingerprint of everything that the buyer decided.
fn wish_hash(wish: &Wish, name: Option<&str>) -> [u8; 32] {
    let counts: Vec<String> =
        wish.addons.iter().map(|(code, count)| format!("{code}={count}")).collect();
    let parts = [
        wish.plan.clone(),
        wish.period.to_string(),
        wish.ip.trim().to_owned(),
        name.unwrap_or_default().to_owned(),
        counts.join(","),
        wish.shown_total.to_string(),
    ];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}
