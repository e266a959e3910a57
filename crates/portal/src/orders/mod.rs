//! A customer's order: one plan, one operation, at most one hold.
//!
//! An order is a single line; a cart would be a group of orders, because every line is carried out,
//! paid and told apart on its own anyway.
//!
//! Placing an order writes the order, its hold and its operation in one transaction, which is one
//! statement. The id is made by the form before the first click, so a double click, a reload, a
//! second tab and the back button all find the same order.

mod store;
mod view;

use std::collections::BTreeMap;

use domain::address::{AddressError, license_name};
use domain::plan::ChoiceError;
use domain::{Money, Period};
use ledger::{AccountKind, LedgerError, house_account_in_tx, wallet_in_tx};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use view::{
    Attempt, BY_PRICE, BY_TIME, DeskOrder, DeskOrderRow, Event, EventKind, MoneyState, OrderDetail,
    OrderFilter, OrderRow, SORTS,
};
pub(crate) use view::{attempts, attempts_of, events, money_of};

use crate::catalog::QuoteError;
use crate::fault::Step;
use crate::people::CustomerViewer;
use crate::{Error, Portal, random};

/// How often an order is begun anew because the catalogue changed or an account was missing.
const TRIES: usize = 8;

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
    /// The license that a module is for; ignored by what is none.
    pub parent: Option<Uuid>,
    /// What the product itself asks for.
    pub fields: BTreeMap<String, String>,
    /// The total that the buyer saw: this is charged, or nothing is.
    pub shown_total: Money,
    /// The buyer was told that the vendor renews by itself and that each term is charged then.
    pub told_of_renewals: bool,
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
    /// A module without a license of the buyer's that it fits and that works.
    #[error("the module has no license to belong to")]
    NoParent,
    /// The address had this trial before.
    #[error("the address had its trial")]
    Tried,
    /// The name is too long or has control characters.
    #[error("the name is not usable")]
    Name(AddressError),
    /// The price is another one than the buyer saw; they must see this one first.
    #[error("the price has changed")]
    PriceChanged {
        /// The price now.
        now: Money,
    },
    /// Whether the vendor renews by itself is not what the buyer was told; they must read it first.
    #[error("who renews has changed")]
    RenewalChanged,
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
        let hash = wish_hash(wish, name.as_deref());
        let refused = match self.place_new(viewer, wish, name.as_deref(), &hash).await {
            Ok(placed) => return Ok(placed),
            Err(PlaceError::Internal(error)) => return Err(error.into()),
            Err(refused) => refused,
        };
        // A form that was sent before is answered as it was then, whatever the price or the balance
        // is now, and also when the first was still being placed as this one came in.
        if let Some(known) = store::same_form(&self.pool, viewer.customer, wish.id, &hash).await? {
            return known;
        }
        if let PlaceError::NotEnough { .. } = refused {
            let (available, missing) = self.shortfall(viewer.customer, wish.shown_total).await?;
            return Err(PlaceError::NotEnough { available, missing });
        }
        Err(refused)
    }

    /// A refusal has written nothing.
    async fn place_new(
        &self,
        viewer: &CustomerViewer,
        wish: &Wish,
        name: Option<&str>,
        hash: &[u8; 32],
    ) -> Result<Placed, PlaceError> {
        // What is in memory is good if the database says so when the order is placed. A refusal is
        // never made from it.
        let group = &viewer.group;
        let mut kept = self.price_in_memory(group, wish).filter(|(_, priced)| {
            priced.quote.total == wish.shown_total
                && priced.plan.vendor.renews == wish.told_of_renewals
        });
        for _ in 0..TRIES {
            let (revision, priced) = match kept.take() {
                Some(kept) => kept,
                None => self.price_now(group, wish).await?,
            };
            let total = priced.quote.total;
            if total != wish.shown_total {
                return Err(PlaceError::PriceChanged { now: total });
            }
            if priced.plan.vendor.renews != wish.told_of_renewals {
                return Err(PlaceError::RenewalChanged);
            }
            let parent = match (priced.plan.capabilities.module, wish.parent) {
                (false, _) => None,
                (true, None) => return Err(PlaceError::NoParent),
                (true, Some(license)) => {
                    if !store::is_parent(&self.pool, viewer.customer, license, &priced.plan).await?
                    {
                        return Err(PlaceError::NoParent);
                    }
                    Some(license)
                }
            };
            let new = store::NewOrder {
                parent,
                viewer,
                wish,
                name,
                hash,
                priced: &priced,
                revision,
                operation: Uuid::now_v7(),
                reference: &upstream::reference(u64::from_le_bytes(random::bytes())),
                hold: (!total.is_zero()).then(Uuid::now_v7),
                reason: &format!("order of {}", priced.plan.slug),
            };
            self.faults.reach(Step::Planning).await;
            match store::place(&self.pool, &new, self.clock.now()).await {
                Ok(store::Outcome::Placed) => {
                    self.bell.ring();
                    self.faults.reach(Step::Planned).await;
                    tracing::info!(order.id = %wish.id, price = %total, "an order was placed");
                    return Ok(Placed { id: wish.id, fresh: true });
                }
                Ok(store::Outcome::Known(answer)) => return answer,
                Ok(store::Outcome::Alive(order)) => {
                    return Err(PlaceError::AlreadyOrdered { order });
                }
                Ok(store::Outcome::Tried) => return Err(PlaceError::Tried),
                Ok(store::Outcome::Stale) => {}
                Ok(store::Outcome::Unopened) => self.open_accounts(viewer, total).await?,
                // What there is now is told after another look.
                Err(LedgerError::InsufficientFunds) => {
                    let available = Money::zero(total.currency());
                    return Err(PlaceError::NotEnough { available, missing: total });
                }
                Err(LedgerError::Database(error)) => return Err(error.into()),
                Err(error) => return Err(Error::from(error).into()),
            }
        }
        Err(Error::Machine("the catalogue changes faster than it can be read".to_owned()).into())
    }

    /// Opens the accounts that an order moves money between.
    async fn open_accounts(&self, viewer: &CustomerViewer, total: Money) -> Result<(), Error> {
        let (now, currency) = (self.clock.now(), total.currency());
        let mut tx = self.pool.begin().await?;
        let wallet = wallet_in_tx(&mut tx, viewer.customer, currency, now).await?;
        let revenue = AccountKind::Revenue;
        house_account_in_tx(&mut tx, revenue, None, currency, wallet.id, now).await?;
        Ok(tx.commit().await?)
    }
}

/// A fingerprint of everything that the buyer decided.
fn wish_hash(wish: &Wish, name: Option<&str>) -> [u8; 32] {
    let counts: Vec<String> =
        wish.addons.iter().map(|(code, count)| format!("{code}={count}")).collect();
    let fields: Vec<String> =
        wish.fields.iter().map(|(code, value)| format!("{code}={value}")).collect();
    let parts = [
        wish.plan.clone(),
        wish.period.to_string(),
        wish.ip.trim().to_owned(),
        name.unwrap_or_default().to_owned(),
        counts.join(","),
        wish.shown_total.to_string(),
        wish.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        fields.join("\n"),
    ];
    // Said only where it is so, for the sake of the orders from before it was asked.
    let told = wish.told_of_renewals.then(|| "renews".to_owned());
    let mut hash = Sha256::new();
    for part in parts.into_iter().chain(told) {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}
