//! Licenses that renew by themselves: their owner has said so, and the wallet has the money.
//!
//! Such a renewal is planned as its owner's own click would be, for the price of that moment; both
//! are bound to the last day from which they begin, so that whoever comes second finds the first.

use domain::Money;
use domain::change::{Change, NotNow};
use serde_json::json;
use sqlx::types::Json;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

use super::change::{Asker, ChangeError, ChangeWish};
use crate::locale::{Locale, Localized};
use crate::mail::{self, Letter, Template};
use crate::operations::Done;
use crate::people::CustomerViewer;
use crate::{Error, Portal};

/// So many days before its last one a license is renewed.
const AHEAD: i64 = 3;
/// When a renewal that could not be planned is tried again.
const AGAIN: Duration = Duration::hours(6);

/// So many renewals from one day are planned at most: a vendor that cannot be looked at for days is asked
/// no more, and the owner's own click is.
const TRIES: i64 = 12;

/// A license that is to be renewed now.
struct Due {
    id: Uuid,
    customer: Uuid,
    group: String,
    period: i16,
    term: Date,
    /// How many renewals from this day do not count any more.
    before: i64,
}

/// A term that there is too little money for.
pub(crate) struct Unpaid {
    pub license: Uuid,
    /// The last day from which it begins.
    pub term: Date,
}

impl Portal {
    /// Whether the license renews by itself from now on.
    ///
    /// # Errors
    /// [`ChangeError::NoSuchLicense`], also for one that nothing renews; anything else is inside.
    pub async fn set_auto_renew(
        &self,
        viewer: &CustomerViewer,
        license: Uuid,
        on: bool,
    ) -> Result<(), ChangeError> {
        if on && !self.possible_changes(viewer, license).await?.is_some_and(|can| can.may_renew()) {
            return Err(ChangeError::NoSuchLicense);
        }
        let changed = sqlx::query!(
            "update license set auto_renew = $3, renew_next_at = null
              where id = $1 and customer_id = $2",
            license,
            viewer.customer,
            on,
        )
        .execute(&self.pool)
        .await?
        .rows_affected();
        if changed == 0 { Err(ChangeError::NoSuchLicense) } else { Ok(()) }
    }

    /// Plans the renewal of one license that is due.
    pub(crate) async fn renew_due_license(&self) -> Result<Done, Error> {
        let now = self.clock.now();
        // Whoever takes it puts it off, so that what cannot be renewed does not stand in the way.
        let due = sqlx::query_as!(
            Due,
            "update license l set renew_next_at = $3
               from customer c
              where c.id = l.customer_id and l.id = (
                    select d.id from license d
                     where d.auto_renew and not d.vendor_renews and d.status = 'active' and d.expires_on <= $1
                       and d.period > 0
                       and (d.renew_next_at is null or d.renew_next_at <= $2)
                       and renewal_from(d.id, d.expires_on) is null
                       and not exists (select from paid_terms(d.id) t
                                        where t.kind = 'renew' and t.ends > d.expires_on + $4::int
                                          and t.finished_at >= $5)
                       and dispute_of(d.id) is distinct from 'taken_back'
                       and renewals_over(d.id, d.expires_on, $7) < $6
                     order by d.expires_on, d.number limit 1 for update of d skip locked)
             returning l.id, l.customer_id as customer, c.group_code as \"group\", l.period,
                       l.expires_on as \"term!\",
                       renewals_over(l.id, l.expires_on, $7) as \"before!\"",
            now.date() + Duration::days(AHEAD),
            now,
            now + AGAIN,
            super::LEAST_DAYS,
            now - super::BELIEVED,
            TRIES,
            now - super::LAG,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(due) = due else { return Ok(Done::Idle) };
        let asker = Asker { customer: due.customer, group: &due.group, user: None };
        let period = domain::Period::try_from(due.period)
            .map_err(|error| Error::unreadable("license", error))?;
        match self.renew_for(&asker, &due, Change::Renew { period }).await {
            Ok(()) => {}
            Err(ChangeError::Internal(error)) => return Err(error),
            Err(ChangeError::NotEnough { missing, .. }) => {
                let unpaid = Unpaid { license: due.id, term: due.term };
                self.tell_unpaid(&unpaid, missing, now).await?;
            }
            // What the vendor renews no more is not tried again.
            Err(refused @ ChangeError::NotNow(NotNow::RenewalOver)) => {
                tracing::warn!(license.id = %due.id, %refused, "a license renews no more");
                sqlx::query!("update license set auto_renew = false where id = $1", due.id)
                    .execute(&self.pool)
                    .await?;
            }
            Err(refused) => {
                tracing::warn!(license.id = %due.id, %refused, "a license does not renew by itself");
            }
        }
        Ok(Done::Worked)
    }

    async fn renew_for(
        &self,
        asker: &Asker<'_>,
        due: &Due,
        change: Change,
    ) -> Result<(), ChangeError> {
        let preview = self.preview_for(asker, due.id, &change).await?;
        // One id per last day: the same renewal is the same operation in every process.
        let name = match due.before {
            0 => format!("auto/{}", due.term),
            again => format!("auto/{}/{again}", due.term),
        };
        let id = Uuid::new_v5(&due.id, name.as_bytes());
        let shown_total = preview.quote.map(|quote| quote.total);
        let shown_until = preview.until_then;
        let wish = ChangeWish { id, license: due.id, change, shown_total, shown_until };
        self.change_for(asker, &wish).await.map(drop)
    }

    /// Once per last day: the wallet has too little.
    pub(crate) async fn tell_unpaid(
        &self,
        due: &Unpaid,
        missing: Money,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut tx = self.pool.begin().await?;
        let to = sqlx::query!(
            "select u.email, u.locale, p.name as \"plan: Json<Localized>\"
               from license l join customer_order o on o.id = l.order_id
               join app_user u on u.id = o.user_id join plan p on p.id = l.plan_id
              where l.id = $1",
            due.license,
        )
        .fetch_one(&mut *tx)
        .await?;
        let locale = Locale::from_tag(&to.locale).unwrap_or_default();
        let letter = Letter {
            template: Template::RenewalUnpaid,
            object: due.license,
            event: &format!("renew {}", due.term),
            recipient: &to.email,
            locale,
            args: json!({
                "plan": to.plan.0.get(locale), "license": due.license, "day": due.term.to_string(),
                "missing": format!("{} {}", missing.to_plain(), missing.currency().code()),
            }),
        };
        mail::enqueue_in_tx(&mut tx, &letter, now).await?;
        tx.commit().await?;
        Ok(())
    }
}
