//! The invariants of the books and the journal, checked while the portal runs.
//!
//! Each is a query that finds the rows that break it, so that a page can name them. They are the
//! rules I1 to I14 of the design; what the database already enforces is checked all the same, for
//! the day on which somebody switches a trigger off.

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::watch;

use crate::people::StaffViewer;
use crate::{Error, Portal};

/// How often everything is checked.
const EVERY: Duration = Duration::from_mins(5);
/// So many broken rows are named.
const NAMED: usize = 5;

/// A rule, by its number in the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// The sum of all postings is zero, per currency.
    I01,
    /// Every transfer has a line in each of its two accounts, and links are whole.
    I02,
    /// No line was changed: every account's chain is as it was written.
    I03,
    /// No wallet is below its credit limit.
    I04,
    /// What is held is the price of what is open.
    I05,
    /// Balances are the sums of their transfers.
    I06,
    /// At most one capture or release per hold, never more than was held, and as the operation says.
    I07,
    /// What is confirmed has a license, and the vendor's numbers are ours once.
    I08,
    /// Every license belongs to a confirmed purchase, here and at the vendor, but for those that a
    /// person has looked at.
    I09,
    /// Nothing is under way for too long without a person knowing.
    I10,
    /// Nothing was sent more than three times, and nothing without its attempt.
    I11,
    /// What the vendors were paid is the cost of what is confirmed.
    I12,
    /// Nothing moved without a cause that exists.
    I13,
    /// A credit limit is the one that the audit says.
    I14,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::I01,
        Self::I02,
        Self::I03,
        Self::I04,
        Self::I05,
        Self::I06,
        Self::I07,
        Self::I08,
        Self::I09,
        Self::I10,
        Self::I11,
        Self::I12,
        Self::I13,
        Self::I14,
    ];

    /// Its name: `i01` to `i14`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::I01 => "i01",
            Self::I02 => "i02",
            Self::I03 => "i03",
            Self::I04 => "i04",
            Self::I05 => "i05",
            Self::I06 => "i06",
            Self::I07 => "i07",
            Self::I08 => "i08",
            Self::I09 => "i09",
            Self::I10 => "i10",
            Self::I11 => "i11",
            Self::I12 => "i12",
            Self::I13 => "i13",
            Self::I14 => "i14",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|invariant| invariant.as_str() == word)
    }

    /// Which of the ledger's own findings belong here.
    const fn finds(self, rule: &str) -> bool {
        match self {
            Self::I01 => matches!(rule.as_bytes(), b"zero-sum"),
            Self::I02 => matches!(rule.as_bytes(), b"two-lines" | b"all-linked"),
            Self::I03 => matches!(rule.as_bytes(), b"chain" | b"ends-where-its-lines-end"),
            Self::I04 => matches!(rule.as_bytes(), b"within-limit"),
            Self::I06 => matches!(rule.as_bytes(), b"balance-is-sum"),
            Self::I07 => matches!(rule.as_bytes(), b"gives-back-what-was-moved"),
            _ => false,
        }
    }

    /// The rows that break it, each in words; `$1` is the time now. None where the ledger looks.
    const fn query(self) -> Option<&'static str> {
        Some(match self {
            Self::I01 | Self::I02 | Self::I03 | Self::I04 | Self::I06 => return None,
            Self::I05 => {
                "select 'wallet ' || a.id || ': ' || a.debits_pending || ' held, '
                        || coalesce(o.price, 0) || ' open'
                   from ledger_account a
                   left join (select t.debit_account, sum(x.price) as price
                                from operation x join ledger_transfer t on t.id = x.hold_id
                               where x.finished_at is null group by 1) o on o.debit_account = a.id
                  where a.kind = 'wallet' and a.debits_pending <> coalesce(o.price, 0)
                    and $1::timestamptz is not null"
            }
            Self::I07 => {
                "select 'operation ' || x.number || ' is ' || x.state || ', its hold '
                        || coalesce(t.kind, 'open')
                   from operation x left join ledger_transfer t on t.pending_id = x.hold_id
                  where x.hold_id is not null and $1::timestamptz is not null
                    and coalesce(t.kind, 'open') <> case
                            when x.finished_at is null then 'open'
                            when x.state = 'confirmed' then 'post' else 'void' end"
            }
            Self::I08 => {
                "select 'operation ' || x.number || ' is confirmed without its license'
                   from operation x left join license l on l.id = x.license_id
                  where x.state = 'confirmed' and $1::timestamptz is not null
                    and (l.id is null or (x.kind = 'order' and l.upstream_id <> x.upstream_id))"
            }
            Self::I09 => {
                "select 'license ' || l.number || ' has no confirmed purchase'
                   from license l
                  where $1::timestamptz is not null and not exists (
                        select from operation x
                         where x.order_id = l.order_id and x.state = 'confirmed')
                 union all
                 select 'no. ' || f.upstream_id || ' at the vendor: ' || f.kind
                   from upstream_finding f where f.resolved_at is null"
            }
            // Parked, waiting for another one (which may wait for a person), and what can still be taken
            // back are shown elsewhere.
            Self::I10 => {
                "select 'operation ' || x.number || ' is ' || x.state || ' since ' || x.created_at
                   from operation x
                  where x.state in ('planned', 'sent', 'unknown') and not operation_is_blocked(x)
                    and greatest(x.created_at, x.undo_until, x.counts_from)
                        < $1::timestamptz - interval '60 minutes'"
            }
            Self::I11 => {
                "select 'operation ' || x.number || ' was sent ' || x.attempts || ' times'
                   from operation x
                  where $1::timestamptz is not null and (x.attempts > 3
                     or (x.attempts > 0 and x.sent_at is null)
                     or x.attempts > (select count(*) from operation_attempt a
                                       where a.operation_id = x.id))"
            }
            Self::I12 => {
                "select 'vendor account ' || u.slug || ': paid ' || coalesce(b.paid, 0)
                        || ', cost of what is confirmed ' || coalesce(c.cost, 0)
                   from upstream_account u
                   left join (select owner, sum(credits_posted - debits_posted) as paid
                                from ledger_account where kind = 'upstream_prepaid' group by 1) b
                     on b.owner = u.id
                   left join (select upstream_account_id, sum(cost) as cost
                                from operation where state = 'confirmed' group by 1) c
                     on c.upstream_account_id = u.id
                  where coalesce(b.paid, 0) <> coalesce(c.cost, 0) and $1::timestamptz is not null"
            }
            Self::I13 => {
                "select 'transfer ' || t.id || ' has no ' || t.cause_kind
                   from ledger_transfer t
                  where $1::timestamptz is not null and case t.cause_kind
                        when 'order' then not exists
                            (select from customer_order o where o.id = t.cause_id)
                        when 'operation' then not exists
                            (select from operation x where x.id = t.cause_id)
                        when 'staff' then t.actor is null
                        else false end"
            }
            Self::I14 => {
                "select 'wallet ' || a.id || ': limit ' || a.credit_limit || ', granted '
                        || coalesce(g.granted, 0)
                   from ledger_account a
                   left join (select distinct on (e.object_id, l.key)
                                     e.object_id, l.key, (l.value::numeric * 10000)::bigint as granted
                                from audit e
                               cross join jsonb_each_text(e.after -> 'credit_limit') l
                               where e.action = 'wallet.credit_limit'
                               order by e.object_id, l.key, e.id desc) g
                     on g.object_id = a.owner and g.key = a.currency
                  where a.kind = 'wallet' and a.credit_limit <> coalesce(g.granted, 0)
                    and $1::timestamptz is not null"
            }
        })
    }
}

/// The last result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The rule.
    pub invariant: Invariant,
    /// When; none if never.
    pub at: Option<OffsetDateTime>,
    /// How many rows break it.
    pub broken: i64,
    /// Some of them, in words.
    pub examples: Vec<String>,
    /// Since when it is broken.
    pub since: Option<OffsetDateTime>,
}

impl Portal {
    /// Checks everything now and writes down what was found. Returns what is broken.
    pub async fn check_health(&self) -> Result<Vec<Checked>, Error> {
        let now = self.clock.now();
        let mut db = self.pool.acquire().await?;
        let books = ledger::verify(&mut db).await?;
        let mut found = Vec::new();
        for invariant in Invariant::ALL {
            let mut rows: Vec<String> = books
                .iter()
                .filter(|finding| invariant.finds(finding.rule))
                .map(|finding| match finding.row {
                    Some(row) => format!("{row}: {}", finding.detail),
                    None => finding.detail.clone(),
                })
                .collect();
            if let Some(query) = invariant.query() {
                let more: Vec<Option<String>> =
                    sqlx::query_scalar(query).bind(now).fetch_all(&mut *db).await?;
                rows.extend(more.into_iter().flatten());
            }
            let broken = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            rows.truncate(NAMED);
            sqlx::query!(
                "insert into health_check (name, checked_at, broken, examples, since)
                 values ($1, $2, $3, $4, case when $3::bigint > 0 then $2::timestamptz end)
                 on conflict (name) do update
                    set checked_at = excluded.checked_at, broken = excluded.broken,
                        examples = excluded.examples,
                        since = case when excluded.broken > 0
                                     then coalesce(health_check.since, excluded.since) end",
                invariant.as_str(),
                now,
                broken,
                &rows,
            )
            .execute(&mut *db)
            .await?;
            if broken > 0 {
                tracing::error!(rule = invariant.as_str(), broken, ?rows, "an invariant is broken");
                let (at, examples) = (Some(now), rows);
                found.push(Checked { invariant, at, broken, examples, since: Some(now) });
            }
        }
        Ok(found)
    }

    /// Checks everything unless some process, this one before its start or another one, has done so
    /// lately: it reads all the books.
    async fn check_health_when_due(&self) -> Result<(), Error> {
        let due = self.clock.now() - EVERY;
        let checked = sqlx::query_scalar!(
            "select exists (select from health_check where checked_at > $1) as \"checked!\"",
            due,
        )
        .fetch_one(&self.pool)
        .await?;
        if !checked {
            self.check_health().await?;
        }
        Ok(())
    }

    /// The last result of every check, also of those that never ran.
    pub async fn health(&self, _staff: &StaffViewer) -> Result<Vec<Checked>, Error> {
        let rows = sqlx::query!(
            "select name, checked_at, broken, examples, since from health_check order by name"
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(Invariant::ALL
            .into_iter()
            .map(|invariant| {
                let row = rows.iter().find(|row| row.name == invariant.as_str());
                Checked {
                    invariant,
                    at: row.map(|row| row.checked_at),
                    broken: row.map_or(0, |row| row.broken),
                    examples: row.map(|row| row.examples.clone()).unwrap_or_default(),
                    since: row.and_then(|row| row.since),
                }
            })
            .collect())
    }
}

/// A check rests for so many times as long as it took: the older the books the longer it reads, and it
/// never takes more than a twentieth of the database's time.
const RESTS: u32 = 20;

/// Checks everything now and then until `stop` says so.
pub async fn watch_over(portal: Portal, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let began = Instant::now();
        if let Err(error) = portal.check_health_when_due().await {
            tracing::warn!(error = %error.chain(), "the invariants cannot be checked now");
        }
        let pause = EVERY.max(began.elapsed().saturating_mul(RESTS));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}
