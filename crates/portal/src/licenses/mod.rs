//! What customers own, and keeping it as the vendor has it.

mod change;
mod history;
mod limit;
mod modules;
mod renewal;
mod term;

use std::collections::BTreeMap;

use domain::Period;
use domain::change::NotNow;
use domain::license::LicenseStatus;
use domain::operation::OperationKind;
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::{Date, Duration, OffsetDateTime};
use upstream::DialectKind;
use upstream::dialect::{OrderWish, VendorLicense};
use uuid::Uuid;

use crate::fault::Step;
use crate::listing::{self, Days, Listed, Needle, Owners, Paging, SortKey, Source, push_beginning};
use crate::locale::{Locale, Localized};
use crate::operations::{Shown, ShownEnd, note_renewed_in_tx, note_taken_back_in_tx};
use crate::orders::EventKind;
use crate::people::{CustomerViewer, StaffViewer};
use crate::upstreams::dialect_kind;
use crate::{Error, Portal, customers, mail};

pub use change::{ChangeError, ChangeWish, Planned, Possible, Preview};
pub(crate) use change::{DoneRenewal, plan_done_renewal_in_tx, start_again_in_tx};
pub use history::{CHANGE_SORTS, CHANGES_BY_PRICE, CHANGES_BY_TIME, ChangeFilter, UnderWay};
pub use limit::ChangeRule;
pub use modules::{ModuleHome, Modules, OwnedModule};
pub(crate) use renewal::Unpaid;
pub(crate) use term::{brings_nothing, falls_short, term_end};

/// When it was bought.
pub const BY_NUMBER: SortKey = SortKey::number("bought", "l.number");
/// What expires next; those without an end stand last.
pub const BY_END: SortKey =
    SortKey::number("end", "coalesce(l.expires_on - date '2000-01-01', 2147483647)").ascending();
/// What licenses can be sorted by, the usual one first.
pub const SORTS: [SortKey; 2] = [BY_NUMBER, BY_END];

/// Which licenses are listed.
#[derive(Debug, Clone, Default)]
pub struct LicenseFilter {
    /// Those that the vendor has so.
    pub status: Option<LicenseStatus>,
    /// Number, server's address, or the beginning of a name: of the license for its customer, of
    /// the customer for the desk.
    pub needle: Option<Needle>,
    /// The number of the customer; the desk's only.
    pub customer: Option<i64>,
    /// Their last day.
    pub days: Days,
}

/// A license in the desk's list.
#[derive(Debug, Clone)]
pub struct DeskLicenseRow {
    /// As the customer sees it.
    pub row: LicenseRow,
    /// Whose.
    pub customer: String,
    /// The customer.
    pub customer_id: Uuid,
    /// The order that bought it.
    pub order: Uuid,
    /// The order's number.
    pub order_number: i64,
    /// When it was delivered.
    pub created_at: OffsetDateTime,
}

/// A license in a customer's list.
#[derive(Debug, Clone)]
pub struct LicenseRow {
    /// Its id, for the address.
    pub id: Uuid,
    /// Its number, for people.
    pub number: i64,
    /// What it is.
    pub plan: Localized,
    /// For which server.
    pub ip: Option<String>,
    /// The customer's name for it.
    pub name: Option<String>,
    /// As the vendor has it.
    pub status: LicenseStatus,
    /// Last day; none while unknown and for lifetime licenses.
    pub expires_on: Option<Date>,
    /// The key is here.
    pub has_key: bool,
    /// Of one that is stopped, the day on which its vendor deletes it.
    pub deleted_on: Option<Date>,
}

/// Who renews a license; never both sides, or it would be paid twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renews {
    /// Its owner.
    ByHand,
    /// The portal, from the wallet, before its end.
    ByPortal,
    /// The vendor, as somebody has set at its site.
    ByVendor,
    /// The vendor, as the order asked it to: each term that it begins is charged from the wallet.
    ByAgreement,
}

/// What the vendor of a license and our books do not agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispute {
    /// The vendor's list does not have it.
    Missing,
    /// The vendor has begun a term that is not paid yet.
    Unpaid,
    /// A term of it was paid for, and the vendor does not show it: no other is charged meanwhile.
    TakenBack,
}

impl Dispute {
    /// The kind of finding, as `dispute_of` names it.
    fn from_word(word: &str) -> Self {
        match word {
            "missing" => Self::Missing,
            "renewed" => Self::Unpaid,
            _ => Self::TakenBack,
        }
    }

    /// Why this kind of change waits for it, if it does; `operation_waits_for_terms` is the same rule.
    const fn stops(self, kind: OperationKind) -> Option<NotNow> {
        match (self, kind) {
            (Self::TakenBack, kind) if kind.is_priced_by_plan() => Some(NotNow::Disputed),
            (Self::Unpaid, OperationKind::ChangePlan | OperationKind::Addons) => {
                Some(NotNow::Unpaid)
            }
            _ => None,
        }
    }
}

/// A license in full.
#[derive(Debug, Clone)]
pub struct LicenseDetail {
    /// As in the list.
    pub row: LicenseRow,
    /// The plan's name in addresses.
    pub slug: String,
    /// The vendor delivers a key for it.
    pub awaits_key: bool,
    /// The license that it is a module of, with its number.
    pub parent: Option<(Uuid, i64)>,
    /// For how many days the vendor keeps what is suspended.
    pub kept_days: i16,
    /// The last day on which it can be renewed, where there is one.
    pub renewal_ends_on: Option<Date>,
    /// The key, once the vendor has issued it.
    pub key: Option<String>,
    /// The term that was bought.
    pub period: Period,
    /// Absolute counts.
    pub addons: BTreeMap<String, u32>,
    /// Names of the add-ons.
    pub addon_names: BTreeMap<String, Localized>,
    /// The order.
    pub order: Uuid,
    /// The order's number.
    pub order_number: i64,
    /// When it was delivered.
    pub created_at: OffsetDateTime,
    /// When the vendor was last read.
    pub checked_at: Option<OffsetDateTime>,
    /// Who renews it.
    pub renews: Renews,
    /// What its vendor and our books do not agree on, while a person looks at that.
    pub dispute: Option<Dispute>,
}

pub(crate) struct NewLicense<'a> {
    pub id: Uuid,
    pub customer: Uuid,
    pub order: Uuid,
    pub plan: Uuid,
    pub upstream_account: Uuid,
    pub upstream_id: &'a str,
    /// The license that it is a module of.
    pub parent: Option<Uuid>,
    pub wish: &'a OrderWish,
    pub name: Option<&'a str>,
    pub addons: &'a BTreeMap<String, u32>,
    /// It was ordered so that the vendor renews it by itself.
    pub vendor_renews: bool,
}

/// Writes a license that is to be read from the vendor at once; false if the vendor's number
/// belongs to another license of ours, or the order has one already.
pub(crate) async fn insert_in_tx(
    tx: &mut PgConnection,
    new: &NewLicense<'_>,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let rows = sqlx::query!(
        "insert into license
            (id, customer_id, order_id, plan_id, upstream_account_id, upstream_id, period, ip, name,
             addons, quote, status, next_check_at, created_at, parent_id, vendor_renews,
             renews_there)
         select $1, $2, o.id, $4, $5, $6, $7, $8::text::inet, $9, $10, o.quote, 'processing', $11, $11,
                $12, $13, $13
           from customer_order o where o.id = $3
         on conflict do nothing",
        new.id,
        new.customer,
        new.order,
        new.plan,
        new.upstream_account,
        new.upstream_id,
        new.wish.term.period.code(),
        new.wish.ip.map(|ip| ip.to_string()),
        new.name,
        Json(new.addons) as _,
        now,
        new.parent,
        new.vendor_renews,
    )
    .execute(tx)
    .await?
    .rows_affected();
    Ok(rows == 1)
}

/// Writes down what a person saw at the vendor's site: nothing else will ever tell.
pub(crate) async fn show_in_tx(
    tx: &mut PgConnection,
    license: Uuid,
    shown: &Shown,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let key = shown.key.as_deref().map(str::trim).filter(|key| !key.is_empty());
    sqlx::query!(
        "update license
            set key = coalesce($2, key), expires_on = coalesce($3, expires_on), checked_at = $4,
                status = case when status = 'processing' then 'active' else status end,
                next_check_at = null
          where id = $1",
        license,
        key,
        shown.expires_on,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A license that is read next.
pub(crate) struct DueLicense {
    id: Uuid,
    upstream_account_id: Uuid,
    upstream_id: String,
    key: Option<String>,
    created_at: OffsetDateTime,
    version: i32,
    dialect: String,
    /// Its vendor delivers a key.
    awaits_key: bool,
}

impl DueLicense {
    /// The documents of 2009 show no state; what can be viewed there has been made. Inferred.
    fn is_stateless(&self) -> bool {
        self.dialect == DialectKind::Software.as_str()
    }

    /// Whose list it stands in.
    pub(crate) const fn account(&self) -> Uuid {
        self.upstream_account_id
    }
}

#[derive(sqlx::FromRow)]
struct ListRow {
    id: Uuid,
    number: i64,
    plan: Json<Localized>,
    ip: Option<String>,
    name: Option<String>,
    status: String,
    expires_on: Option<Date>,
    has_key: bool,
    suspended_since: Option<OffsetDateTime>,
    kept_suspended_days: i16,
    customer: String,
    customer_id: Uuid,
    order: Uuid,
    order_number: i64,
    created_at: OffsetDateTime,
    sort_key: String,
}

impl ListRow {
    fn read(self) -> Result<DeskLicenseRow, Error> {
        Ok(DeskLicenseRow {
            row: LicenseRow {
                id: self.id,
                number: self.number,
                plan: self.plan.0,
                ip: self.ip,
                name: self.name,
                status: read_status(&self.status)?,
                expires_on: self.expires_on,
                has_key: self.has_key,
                deleted_on: deleted_on(self.suspended_since, self.kept_suspended_days),
            },
            customer: self.customer,
            customer_id: self.customer_id,
            order: self.order,
            order_number: self.order_number,
            created_at: self.created_at,
        })
    }
}

/// The day on which the vendor deletes what is stopped since then.
fn deleted_on(suspended_since: Option<OffsetDateTime>, kept_days: i16) -> Option<Date> {
    suspended_since?.date().checked_add(Duration::days(kept_days.into()))
}

/// Vendors count terms in their own ways: days so near are the same end of a term.
pub(crate) const NEAR_DAYS: i32 = 3;
/// The shortest term is a month: a last day that differs by less was corrected.
pub(crate) const LEAST_DAYS: i32 = 15;
/// A vendor's list may lag behind a renewal or a change of plan for so long.
pub(crate) const LAG: Duration = Duration::days(2);

/// How often a license with its key is read again.
const REFRESH: Duration = Duration::days(1);
/// For so long after a renewal what was paid is believed rather than the day that is shown; after that the
/// license was read, and a term that is not there is a finding.
const BELIEVED: Duration = LAG.saturating_add(REFRESH);

impl Portal {
    /// The customer's licenses.
    pub async fn licenses(
        &self,
        viewer: &CustomerViewer,
        filter: &LicenseFilter,
        paging: &Paging,
    ) -> Result<Listed<LicenseRow>, Error> {
        let listed = self.listed(Owners::One(viewer.customer), filter, true, paging).await?;
        Ok(Listed { rows: listed.rows.into_iter().map(|row| row.row).collect(), next: listed.next })
    }

    /// All licenses, for the desk.
    pub async fn desk_licenses(
        &self,
        _staff: &StaffViewer,
        filter: &LicenseFilter,
        paging: &Paging,
    ) -> Result<Listed<DeskLicenseRow>, Error> {
        let owners = match (filter.customer, &filter.needle) {
            (Some(number), _) => match self.customer_of_number(number).await? {
                Some(customer) => Owners::One(customer),
                None => return Ok(Listed::nothing()),
            },
            (None, Some(Needle::Text(text))) => {
                Owners::Some(customers::named(&self.pool, text).await?)
            }
            (None, _) => Owners::All,
        };
        self.listed(owners, filter, false, paging).await
    }

    /// `by_name`: a text is the beginning of a license's name.
    async fn listed(
        &self,
        owners: Owners,
        filter: &LicenseFilter,
        by_name: bool,
        paging: &Paging,
    ) -> Result<Listed<DeskLicenseRow>, Error> {
        let source = Source {
            from: "license l",
            id: "l.id",
            key: paging.sort.column,
            number: "l.number",
            owner: "l.customer_id",
        };
        let mut query = listing::page(&source, owners, paging, |query| {
            if let Some(status) = filter.status {
                query.push(" and l.status = ").push_bind(status.as_str());
            }
            match &filter.needle {
                Some(Needle::Number(number)) => {
                    query.push(" and l.number = ").push_bind(*number);
                }
                Some(Needle::Ip(ip)) => {
                    query.push(" and l.ip = ").push_bind(ip.to_string()).push("::inet");
                }
                Some(Needle::Text(text)) if by_name => {
                    query.push(" and ");
                    push_beginning(query, "lower(l.name) collate \"C\"", text);
                }
                Some(Needle::Text(_)) | None => {}
            }
            // As the index has it; a date beside it would be compared row by row.
            if filter.days != Days::default() {
                query.push(format_args!(" and {} < 2147483647", BY_END.column));
            }
            for (than, day) in [(">=", filter.days.from), ("<=", filter.days.to)] {
                if let Some(day) = day {
                    query.push(format_args!(" and {} {than} ", BY_END.column)).push_bind(day);
                    query.push(" - date '2000-01-01'");
                }
            }
        });
        query.push(
            "select l.id, l.number, p.name as plan, host(l.ip) as ip, l.name, l.status,
                    l.expires_on, (l.key is not null or not p.has_key) as has_key,
                    l.suspended_since, u.kept_suspended_days, c.name as customer,
                    c.id as customer_id, o.id as \"order\", o.number as order_number,
                    l.created_at, ",
        );
        query.push(paging.sort.selected("page.key")).push(
            " from page
               join license l on l.id = page.id
               join plan p on p.id = l.plan_id
               join upstream_account u on u.id = l.upstream_account_id
               join customer c on c.id = l.customer_id
               join customer_order o on o.id = l.order_id",
        );
        paging.push_order(&mut query, "page.key", "page.number");
        let rows: Vec<ListRow> = query.build_query_as().fetch_all(&self.pool).await?;
        Listed::cut(rows, paging, |row| (row.number, row.sort_key.as_str()), ListRow::read)
    }

    /// One of the customer's licenses; none if there is no such license of theirs.
    pub async fn license(
        &self,
        viewer: &CustomerViewer,
        id: Uuid,
    ) -> Result<Option<LicenseDetail>, Error> {
        let row = sqlx::query!(
            "select l.id, l.number, p.name as \"plan: Json<Localized>\", p.slug, host(l.ip) as ip,
                    l.name, l.status, l.expires_on, l.key, l.period,
                    l.addons as \"addons: Json<BTreeMap<String, u32>>\", o.id as order_id,
                    o.number as order_number, l.created_at, l.checked_at, l.auto_renew, l.vendor_renews,
                    l.renews_there, p.has_key, p.renewal_ends_on, m.id as \"parent_id?\",
                    m.number as \"parent_number?\", l.suspended_since, u.kept_suspended_days,
                    dispute_of(l.id) as dispute,
                    (select coalesce(jsonb_object_agg(a.code, a.name), '{}') from plan_addon a
                      where a.plan_id = p.id) as \"addon_names!: Json<BTreeMap<String, Localized>>\"
               from license l join plan p on p.id = l.plan_id join customer_order o on o.id = l.order_id
               join upstream_account u on u.id = l.upstream_account_id
               left join license m on m.id = l.parent_id
              where l.id = $1 and l.customer_id = $2",
            id,
            viewer.customer,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(LicenseDetail {
            row: LicenseRow {
                id: row.id,
                number: row.number,
                plan: row.plan.0,
                ip: row.ip,
                name: row.name,
                status: read_status(&row.status)?,
                expires_on: row.expires_on,
                has_key: row.key.is_some(),
                deleted_on: deleted_on(row.suspended_since, row.kept_suspended_days),
            },
            slug: row.slug,
            awaits_key: row.has_key,
            parent: row.parent_id.zip(row.parent_number),
            kept_days: row.kept_suspended_days,
            renewal_ends_on: row.renewal_ends_on,
            key: row.key,
            period: Period::try_from(row.period)
                .map_err(|error| Error::unreadable("license", error))?,
            addons: row.addons.0,
            addon_names: row.addon_names.0,
            order: row.order_id,
            order_number: row.order_number,
            created_at: row.created_at,
            checked_at: row.checked_at,
            renews: match (row.vendor_renews, row.renews_there, row.auto_renew) {
                (true, true, _) => Renews::ByAgreement,
                (true, false, _) => Renews::ByVendor,
                (false, _, true) => Renews::ByPortal,
                (false, _, false) => Renews::ByHand,
            },
            dispute: row.dispute.as_deref().map(Dispute::from_word),
        }))
    }

    /// Takes one due license, of an account that is none of these: to read its key after buying, and
    /// everything once a day.
    pub(crate) async fn claim_license(&self, except: &[Uuid]) -> Result<Option<DueLicense>, Error> {
        let due = sqlx::query_as!(
            DueLicense,
            "update license l set lease_until = $1 + u.lease_ms * interval '1 millisecond'
               from plan p, upstream_account u
              where p.id = l.plan_id and u.id = l.upstream_account_id and l.id = (
                    select id from license where next_check_at <= $1
                       and (lease_until is null or lease_until <= $1)
                       and upstream_account_id <> all($2)
                     order by next_check_at, number limit 1 for update skip locked)
             returning l.id, l.upstream_account_id, l.upstream_id, l.key, l.created_at, l.version,
                       p.dialect, p.has_key as awaits_key",
            self.clock.now(),
            except,
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(due)
    }

    /// Reads a license that is due from its vendor.
    pub(crate) async fn read_license(&self, row: DueLicense) -> Result<(), Error> {
        let account = self.upstream_account(row.upstream_account_id).await?;
        let Some(dialect) = account.dialect(dialect_kind(&row.dialect)?) else {
            return self.never_read(row.id).await;
        };
        let view = account.view(dialect.as_ref(), &row.upstream_id).await;
        self.faults.reach(Step::KeyRead).await;
        let now = self.clock.now();
        // Soon after the purchase the key is awaited; an old license without one is looked at less.
        let soon = account.second_sighting.max((now - row.created_at).unsigned_abs() / 10);
        let waits = row.awaits_key && row.key.is_none();
        match view {
            Ok(view) => {
                let first_key = row.key.is_none() && view.key.is_some();
                let works = row.is_stateless()
                    || view.status.is_some_and(|status| status != LicenseStatus::Processing);
                let settled = if row.awaits_key { !waits || first_key } else { works };
                let next = if settled { now + REFRESH } else { now + soon };
                self.save_view(&row, &view, first_key, next).await?;
                self.faults.reach(Step::Delivered).await;
            }
            Err(failure) => {
                tracing::info!(license.id = %row.id, %failure, "the license cannot be read yet");
                let next = now + if waits { soon } else { REFRESH.unsigned_abs() };
                sqlx::query!(
                    "update license set next_check_at = $2, lease_until = null where id = $1",
                    row.id,
                    next,
                )
                .execute(&self.pool)
                .await?;
            }
        }
        Ok(())
    }

    /// What people do by hand has nothing to be read from; what they entered stands.
    async fn never_read(&self, license: Uuid) -> Result<(), Error> {
        sqlx::query!(
            "update license set next_check_at = null, lease_until = null where id = $1",
            license,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What was read before we changed something is thrown away, and read again.
    async fn save_view(
        &self,
        row: &DueLicense,
        view: &VendorLicense,
        first_key: bool,
        next: OffsetDateTime,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let (id, version) = (row.id, row.version);
        let stateless = row.is_stateless();
        let mut tx = self.pool.begin().await?;
        let expires_on = self.new_end_in_tx(&mut tx, row, view, now).await?;
        let saved = sqlx::query!(
            "update license
                set key = coalesce($2, key),
                    status = coalesce($3, case when $11 and status = 'processing' then 'active'
                                               else status end),
                    expires_on = coalesce($4, expires_on), ip = coalesce($5::text::inet, ip),
                    ip_changed_on = coalesce($9, ip_changed_on),
                    key_changed_on = coalesce($10, key_changed_on),
                    vendor_renews = coalesce($12, vendor_renews),
                    checked_at = $6, next_check_at = $7, lease_until = null
              where id = $1 and version = $8",
            id,
            view.key,
            view.status.map(LicenseStatus::as_str),
            expires_on,
            view.ip.map(|ip| ip.to_string()),
            now,
            next,
            version,
            view.ip_changed_on,
            view.key_changed_on,
            stateless,
            view.renews,
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if saved == 0 {
            sqlx::query!(
                "update license set next_check_at = $2, lease_until = null where id = $1",
                id,
                now,
            )
            .execute(&mut *tx)
            .await?;
        } else if first_key {
            self.tell_of_key_in_tx(&mut tx, id, version, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The last day that the view tells; none while something of ours is under way that sets it. What
    /// nothing of ours has moved, the vendor has, and that is noted.
    async fn new_end_in_tx(
        &self,
        tx: &mut PgConnection,
        row: &DueLicense,
        view: &VendorLicense,
        now: OffsetDateTime,
    ) -> Result<Option<Date>, Error> {
        let known = sqlx::query!(
            "select l.expires_on, l.upstream_id,
                    exists (select from operation x
                             where x.license_id = l.id and x.finished_at is null
                               and x.kind in ('renew', 'change_plan')) as \"under_way!\",
                    exists (select from operation x
                             where x.license_id = l.id and x.kind = 'change_plan'
                               and x.state = 'confirmed'
                               and x.finished_at >= least($3, coalesce(l.checked_at, l.created_at)))
                        as \"replanned!\",
                    (select max(t.ends) from paid_terms(l.id) t) as paid_until, l.status,
                    exists (select from operation x
                             where x.license_id = l.id and (x.taken_back_at is not null or x.superseded_at is not null)
                               and x.term between l.expires_on - $4::int and $5)
                        as \"settled!\"
               from license l
              where l.id = $1 and l.version = $2 for no key update of l",
            row.id,
            row.version,
            now - LAG,
            NEAR_DAYS,
            view.expires_on,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(known) = known else { return Ok(view.expires_on) };
        let (Some(was), Some(is)) = (known.expires_on, view.expires_on) else {
            return Ok(view.expires_on);
        };
        if known.under_way {
            return Ok(None);
        }
        if !known.replanned {
            let end = ShownEnd {
                license: row.id,
                was,
                account: row.upstream_account_id,
                upstream_id: &known.upstream_id,
                is,
            };
            note_taken_back_in_tx(tx, &end, now).await?;
            // As far as it is paid it is ours, whoever moved it.
            let paid = known.paid_until.filter(|_| is > was).map_or(was, |paid| paid.max(was));
            let by_person = known.settled || known.status == LicenseStatus::Suspended.as_str();
            note_renewed_in_tx(tx, &ShownEnd { was: paid, ..end }, by_person, now).await?;
        }
        Ok(Some(is))
    }

    async fn tell_of_key_in_tx(
        &self,
        tx: &mut PgConnection,
        id: Uuid,
        version: i32,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        sqlx::query!(
            "insert into operation_event (operation_id, at, event)
             select x.id, $2, $3 from operation x
              where x.license_id = $1 and x.kind in ('order', 'reissue_key') and x.state = 'confirmed'
              order by x.number desc limit 1",
            id,
            now,
            EventKind::Key.as_str(),
        )
        .execute(&mut *tx)
        .await?;
        let to = sqlx::query!(
            "select u.email, u.locale, p.name as \"plan: Json<Localized>\", o.number
               from license l join customer_order o on o.id = l.order_id
               join app_user u on u.id = o.user_id join plan p on p.id = l.plan_id
              where l.id = $1",
            id,
        )
        .fetch_one(&mut *tx)
        .await?;
        let locale = Locale::from_tag(&to.locale).unwrap_or_default();
        let letter = mail::Letter {
            template: mail::Template::LicenseReady,
            object: id,
            // Each key is told of once.
            event: &if version == 0 { "key".to_owned() } else { format!("key-{version}") },
            recipient: &to.email,
            locale,
            args: json!({ "plan": to.plan.0.get(locale), "order": to.number, "license": id }),
        };
        mail::enqueue_in_tx(tx, &letter, now).await
    }
}

fn read_status(word: &str) -> Result<LicenseStatus, Error> {
    LicenseStatus::from_word(word).ok_or_else(|| Error::unreadable("license", word))
}
