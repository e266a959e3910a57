//! Something is done to a license: what it is right before, whether it took effect, and what our own
//! row says afterwards.

use domain::address::LicenseIp;
use domain::change::Change;
use domain::license::LicenseStatus;
use sqlx::PgConnection;
use time::OffsetDateTime;
use upstream::DialectKind;
use upstream::dialect::{Action, Dialect, VendorLicense};
use upstream::effect::{Before, Effect, SAME_PLAN, effect};
use upstream::outcome::{Evidence, Failure};

use super::steps::{Beforehand, Proof, Ready, Seen};
use super::store::{self, Claimed, Work};
use crate::licenses::{brings_nothing, falls_short};
use crate::upstreams::UpstreamAccount;
use crate::{Error, Portal};

impl Portal {
    /// Looks at the license right before something is done to it: by this its effect is told later,
    /// and what is so already is not done.
    pub(super) async fn ready_for_change(
        &self,
        op: &Claimed,
        work: &Work,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
    ) -> Ready {
        let license = match account.view(dialect, &work.upstream_id).await {
            Ok(license) => license,
            Err(failure) => return Ready::Later(failure.to_string()),
        };
        let before = Before::from(&license);
        let today = self.clock.now().date();
        match &work.action {
            // The first attempt was not to be seen for long, and is now.
            Action::Renew(_)
                if op.attempts > 0
                    && work.before.as_ref().is_some_and(|first| {
                        effect(&work.action, first, Some(&license)) == Effect::Applied
                    }) =>
            {
                return Ready::Already(Proof::Done);
            }
            // Somebody has renewed it past us: what was agreed on is not what would be bought.
            Action::Renew(_) if license.expires_on != work.term => {
                return Ready::Stale(match license.expires_on {
                    Some(day) => format!("the vendor has it until {day} by now"),
                    None => "the vendor shows no last day".to_owned(),
                });
            }
            // A stopped license is renewed from today: what is paid ahead would be lost.
            Action::Renew(term)
                if license.status.is_some_and(|status| {
                    brings_nothing(status, license.expires_on, today, term.period)
                }) =>
            {
                return Ready::Stale("it is suspended, and paid for longer than that".to_owned());
            }
            // It was stopped or started since this was agreed on, so the term begins on another day.
            Action::Renew(term)
                if license.status.zip(work.agreed_until).is_some_and(|(status, agreed)| {
                    falls_short(status, license.expires_on, agreed, today, term.period)
                }) =>
            {
                return Ready::Stale("its term would end sooner than was agreed on".to_owned());
            }
            // Which key is another one can only be told of a license that shows one.
            Action::NewKey if license.key.is_none() => {
                return Ready::Later("the vendor shows no key that could be replaced".to_owned());
            }
            // Another key is another key.
            Action::Renew(_) | Action::NewKey => {}
            action => {
                // Of a plan that stays the same only the first look tells what came about since.
                let first = work.before.as_ref().filter(|_| op.attempts > 0);
                let since = match action {
                    Action::ChangePlan { .. } => first.unwrap_or(&before),
                    _ => &before,
                };
                if effect(action, since, Some(&license)) == Effect::Applied {
                    // After an attempt it is that one's effect. Without one nobody pays for it.
                    return if op.attempts > 0 || op.hold.is_none() {
                        Ready::Already(Proof::Done)
                    } else {
                        Ready::Stale("the vendor has it so already".to_owned())
                    };
                }
            }
        }
        // The first look counts: between two attempts the first one's effect may have come about.
        let before = match &work.before {
            Some(first) if op.attempts > 0 => first.clone(),
            _ => before,
        };
        match dialect.act(&license, &work.action) {
            Some(call) => Ready::Go(call, Some(Beforehand::License(before))),
            None => Ready::Stale("the vendor has no function for that".to_owned()),
        }
    }

    /// Whether it took effect.
    pub(super) async fn look_for_change(
        &self,
        op: &Claimed,
        work: &Work,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
    ) -> Result<Seen, Error> {
        let Some(before) = &work.before else {
            let why = "nobody wrote down what the license was before".to_owned();
            return Ok(Seen::Contradiction(why, Evidence::default()));
        };
        let found = if work.action == Action::Delete {
            self.find_listed(op.dialect, work, account, dialect).await?
        } else {
            account.view(dialect, &work.upstream_id).await.map(Some)
        };
        let license = match found {
            Ok(license) => license,
            Err(failure) => return Ok(Seen::Nothing(failure.to_string())),
        };
        Ok(match effect(&work.action, before, license.as_ref()) {
            Effect::Applied => Seen::Happened(Proof::Done),
            Effect::NotYet => Seen::NotYet,
            // The vendor said no, and nothing has changed.
            Effect::Unclear(SAME_PLAN)
                if (op.refused || op.short)
                    && license.as_ref().is_some_and(|now| now.expires_on == before.expires_on) =>
            {
                Seen::NotYet
            }
            Effect::Unclear(why) if self.clock.now() - op.created_at > account.resend_within => {
                Seen::Contradiction(why.to_owned(), Evidence(format!("{license:?}")))
            }
            Effect::Unclear(why) => Seen::Nothing(why.to_owned()),
        })
    }

    /// The license in the vendor's whole list; a deleted one has no form to look at.
    async fn find_listed(
        &self,
        family: DialectKind,
        work: &Work,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
    ) -> Result<Result<Option<VendorLicense>, Failure>, Error> {
        let rows = match self.vendor_list(account, dialect, None).await {
            Ok((rows, _)) => rows,
            Err(failure) => return Ok(Err(failure)),
        };
        let known = store::known_licenses(&self.pool, account.id, family).await?;
        let others: Vec<_> = known.iter().filter(|id| **id != work.upstream_id).collect();
        let found = rows.iter().find(|row| row.id == work.upstream_id).cloned();
        let complete =
            others.is_empty() || others.iter().any(|id| rows.iter().any(|row| row.id == **id));
        if found.is_none() && !complete {
            let why = "the list shows none of our licenses".to_owned();
            return Ok(Err(Failure::OutcomeUnknown(why)));
        }
        Ok(Ok(found))
    }

    /// What we know of the license from now on; the vendor is read soon for the rest.
    pub(super) async fn write_change_in_tx(
        &self,
        tx: &mut PgConnection,
        work: &Work,
        sent: bool,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut ip = None;
        let mut name = None;
        let mut status = None;
        let mut addons = None;
        let mut period = None;
        match &work.change {
            Change::Renew { period: term } => {
                period = Some(term.code());
                // What the vendor began by itself says nothing of that; its views do.
                status = sent.then_some(LicenseStatus::Active);
            }
            Change::Edit { ip: new_ip, name: new_name } => {
                ip = new_ip.map(LicenseIp::get);
                name.clone_from(new_name);
            }
            Change::ChangePlan { period: term, .. } => {
                period = Some(term.code());
                status = Some(LicenseStatus::Active);
                addons = Some(&work.new_addons);
            }
            Change::Addons { counts } => addons = Some(counts),
            Change::Suspend => status = Some(LicenseStatus::Suspended),
            Change::Resume => status = Some(LicenseStatus::Active),
            Change::Delete => status = Some(LicenseStatus::Deleted),
            Change::ReissueKey => {}
        }
        sqlx::query!(
            "update license l
                set ip = coalesce($2::text::inet, ip),
                    name = case when $3::text is null then name else nullif($3, '') end,
                    status = coalesce($4, status), period = coalesce($5, period),
                    plan_id = coalesce($6, plan_id),
                    addons = case when $6::uuid is null then addons || coalesce($7::jsonb, '{}'::jsonb)
                                  else coalesce($7::jsonb, '{}'::jsonb) end,
                    key = case when $8 then null else key end, version = version + 1,
                    ip_changed_on = case when $2::text is null or $2::text::inet = ip
                                         then ip_changed_on else $11 end,
                    key_changed_on = case when $8 then $11 else key_changed_on end,
                    suspended_since = case when $4 = 'suspended' and status <> 'suspended'
                                           then $9::timestamptz else suspended_since end,
                    quote = coalesce((select x.quote from operation x
                                       where x.id = $10 and x.kind in ('renew', 'change_plan')), quote),
                    next_check_at = case when $4 = 'deleted' then null else $9::timestamptz end,
                    lease_until = null
              where id = $1",
            work.license,
            ip.map(|ip| ip.to_string()),
            name,
            status.map(LicenseStatus::as_str),
            period,
            work.new_plan,
            addons.map(sqlx::types::Json) as _,
            work.change == Change::ReissueKey,
            now,
            work.operation,
            now.date(),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}
