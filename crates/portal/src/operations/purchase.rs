//! A license is bought: how it is found at the vendor, and what its confirmation writes.

use domain::license::LicenseStatus;
use sqlx::PgConnection;
use time::OffsetDateTime;
use upstream::dialect::{Dialect, Item, Ordering, VendorLicense};
use upstream::outcome::Evidence;
use upstream::purchase::{Progress, Stage};
use upstream::{Call, Sighting, Wanted, find_ours};
use uuid::Uuid;

use super::steps::{Beforehand, Proof, Ready, Seen};
use super::store::{self, Claimed, Purchase, Task};
use crate::upstreams::UpstreamAccount;
use crate::{Error, Portal, licenses};

impl Purchase {
    /// How it is paid.
    fn ordering(&self, account: &UpstreamAccount) -> Ordering {
        self.dialect.ordering(account.ordering)
    }

    /// It is found by what is new in the list, so no other one may be under way.
    pub(super) fn is_alone(&self, account: &UpstreamAccount) -> bool {
        !account.shows_marks(self.dialect) && self.stage(account) == Stage::Whole
    }

    pub(super) fn stage(&self, account: &UpstreamAccount) -> Stage {
        Stage::next(self.item.as_ref(), self.ordering(account))
    }
}

impl From<Progress> for Proof {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Bought(number) => Self::Number(number),
            Progress::InBasket(item) => Self::Item(item),
        }
    }
}

impl Claimed {
    /// What is sent next costs nothing at the vendor.
    pub(super) fn is_free(&self, account: &UpstreamAccount) -> bool {
        let item = matches!(&self.task, Task::Order(order) if order.stage(account) == Stage::Item);
        item || self.cost.is_zero()
    }

    /// What is sent next makes no difference if it is sent twice, not even to the bill.
    pub(super) fn is_harmless(&self, account: &UpstreamAccount) -> bool {
        match &self.task {
            Task::Order(order) => order.stage(account) == Stage::Item,
            Task::Change(_) => self.kind.is_repeatable(),
        }
    }
}

impl Portal {
    /// Looks up what is still needed to pay an item.
    pub(super) async fn ready_for_purchase(
        &self,
        op: &Claimed,
        purchase: &Purchase,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
    ) -> Ready {
        let stage = purchase.stage(account);
        if let Some(call) = stage.call(&purchase.wish, dialect) {
            if purchase.is_alone(account) {
                let look = self.ready_alone(op, purchase, account, dialect, call);
                return Box::pin(look).await;
            }
            return Ready::Go(call, None);
        }
        let Stage::Pay(item) = stage else { return Ready::Later("nothing to send".to_owned()) };
        match account.basket(dialect).await {
            Err(failure) => Ready::Later(failure.to_string()),
            Ok(items) => match items.into_iter().find(|known| known.id == item.id) {
                Some(Item { bill: Some(bill), .. }) => Ready::Go(dialect.pay(&bill), None),
                _ => Ready::Later(format!("the basket does not show no. {}", item.id)),
            },
        }
    }

    /// Looks which licenses are there already, so that the new one can be told from them. What a
    /// call before has made after all is found here: it is not sent once more then.
    async fn ready_alone(
        &self,
        op: &Claimed,
        purchase: &Purchase,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
        call: Call,
    ) -> Ready {
        match store::is_taken(&self.pool, op.id, account.id, op.dialect).await {
            Ok(false) => {}
            Ok(true) => return Ready::Turn,
            Err(error) => return Ready::Later(error.to_string()),
        }
        let rows = match self.vendor_list(account, dialect, None).await {
            Ok((rows, _)) => rows,
            Err(failure) => return Ready::Later(failure.to_string()),
        };
        match self.is_complete(op, account, &rows).await {
            Ok(true) => {}
            Ok(false) => return Ready::Later(INCOMPLETE.to_owned()),
            Err(error) => return Ready::Later(error.to_string()),
        }
        let ids = rows.iter().map(|row| row.id.clone()).collect();
        if purchase.known.is_none() {
            return Ready::Go(call, Some(Beforehand::List(ids)));
        }
        match self.sighting(purchase, account, rows).await {
            Err(error) => Ready::Later(error.to_string()),
            Ok(Sighting::Absent) => Ready::Go(call, Some(Beforehand::List(ids))),
            Ok(Sighting::Found(one)) if one.status.is_none_or(is_bought) => {
                Ready::Already(Proof::Number(one.id))
            }
            Ok(Sighting::Found(one)) => Ready::Unclear(may_be(&[*one])),
            Ok(Sighting::Several(rows) | Sighting::Unmarked(rows)) => Ready::Unclear(may_be(&rows)),
        }
    }

    /// A list without a single one of our licenses is filtered or somebody else's.
    async fn is_complete(
        &self,
        op: &Claimed,
        account: &UpstreamAccount,
        rows: &[VendorLicense],
    ) -> Result<bool, Error> {
        let known = store::known_licenses(&self.pool, account.id, op.dialect).await?;
        Ok(known.is_empty() || known.iter().any(|id| rows.iter().any(|row| row.id == *id)))
    }

    /// What the list shows of an order: what carries our mark, else, where the list was written down
    /// before it was sent, what is new since and may be it. One such is it: nothing else was sent.
    async fn sighting(
        &self,
        purchase: &Purchase,
        account: &UpstreamAccount,
        rows: Vec<VendorLicense>,
    ) -> Result<Sighting, Error> {
        let wanted = Wanted::from(&purchase.wish);
        let Some(known) = &purchase.known else {
            return Ok(match find_ours(rows, wanted) {
                Sighting::Unmarked(rows) => {
                    let rows = store::not_ours(&self.pool, account.id, rows).await?;
                    // Another unpaid item costs nothing, and nothing was paid yet.
                    let free = purchase.stage(account) == Stage::Item && rows.iter().all(is_unpaid);
                    if rows.is_empty() || free {
                        Sighting::Absent
                    } else {
                        Sighting::Unmarked(rows)
                    }
                }
                found => found,
            });
        };
        let new: Vec<_> = rows
            .iter()
            .filter(|row| wanted.could_be(row) && !known.contains(&row.id))
            .cloned()
            .collect();
        if let marked @ (Sighting::Found(_) | Sighting::Several(_)) = find_ours(rows, wanted) {
            return Ok(marked);
        }
        let mut new = store::not_ours(&self.pool, account.id, new).await?;
        Ok(match (new.pop(), new.is_empty()) {
            (None, _) => Sighting::Absent,
            (Some(one), true) => Sighting::Found(Box::new(one)),
            (Some(last), false) => {
                new.push(last);
                Sighting::Unmarked(new)
            }
        })
    }

    /// Looks for our item, or else for our reference, in the vendor's whole list.
    pub(super) async fn look_for_purchase(
        &self,
        op: &Claimed,
        purchase: &Purchase,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
    ) -> Result<Seen, Error> {
        let looked_at = self.clock.now();
        let (rows, evidence) = match self.vendor_list(account, dialect, None).await {
            Ok(listed) => listed,
            Err(failure) => return Ok(Seen::Nothing(failure.to_string())),
        };
        let complete = self.is_complete(op, account, &rows).await?;
        let found = match &purchase.item {
            // Exactly that one is paid, whatever else carries our reference.
            Some(item) => match rows.into_iter().find(|row| row.id == item.id) {
                Some(row) => Sighting::Found(Box::new(row)),
                None => Sighting::Absent,
            },
            None => Box::pin(self.sighting(purchase, account, rows)).await?,
        };
        Ok(match found {
            Sighting::Absent if !complete => Seen::Nothing(INCOMPLETE.to_owned()),
            Sighting::Absent => Seen::NotYet,
            Sighting::Several(rows) => several(rows, purchase.ordering(account), evidence),
            // One of them may be ours, or none: what is under way besides may explain them yet.
            Sighting::Unmarked(rows) => {
                let why = may_be(&rows);
                let explained = purchase.known.is_some();
                if !explained && looked_at - op.created_at < account.resend_within {
                    Seen::Nothing(why)
                } else {
                    Seen::Contradiction(why, evidence)
                }
            }
            Sighting::Found(license) => match license.status {
                Some(LicenseStatus::Ordered) if purchase.item.is_some() => Seen::NotYet,
                Some(LicenseStatus::Ordered) if purchase.ordering(account) == Ordering::Basket => {
                    Seen::Happened(Proof::Item(Item { id: license.id, bill: None }))
                }
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
                _ => Seen::Happened(Proof::Number(license.id)),
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
            parent: purchase.parent,
            wish: &purchase.wish,
            name: purchase.name.as_deref(),
            addons: &purchase.addons,
            vendor_renews: purchase.wish.renews,
        };
        // The number belongs to another order of ours, or the order has another license.
        let written = licenses::insert_in_tx(tx, &new, now).await?;
        Ok(written
            .then_some(new.id)
            .ok_or_else(|| format!("no. {upstream_id} collides with a license that we have")))
    }
}

/// Several carry our reference. Unpaid ones cost nothing and may be many; of those that are paid
/// there must be one.
fn several(rows: Vec<VendorLicense>, ordering: Ordering, evidence: Evidence) -> Seen {
    let (unpaid, paid): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_unpaid);
    match (paid.as_slice(), unpaid.into_iter().next()) {
        ([one], _) if one.status.is_some_and(is_bought) => {
            Seen::Happened(Proof::Number(one.id.clone()))
        }
        ([], Some(first)) if ordering == Ordering::Basket => {
            Seen::Happened(Proof::Item(Item { id: first.id, bill: None }))
        }
        (paid, first) => {
            let all = paid.iter().chain(first.as_ref()).map(|row| row.id.as_str());
            let ids: Vec<&str> = all.collect();
            let why = format!("the vendor has it several times: {}", ids.join(", "));
            Seen::Contradiction(why, evidence)
        }
    }
}

const INCOMPLETE: &str = "the list shows none of our licenses";

fn may_be(rows: &[VendorLicense]) -> String {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    format!("the list shows no reference; it may be: {}", ids.join(", "))
}

fn is_unpaid(row: &VendorLicense) -> bool {
    row.status == Some(LicenseStatus::Ordered)
}

const fn is_bought(status: LicenseStatus) -> bool {
    matches!(status, LicenseStatus::Active | LicenseStatus::Processing | LicenseStatus::Suspended)
}
