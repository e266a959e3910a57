//! Recomputes the books from their transfers and names what does not agree.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::LedgerError;

/// A row that does not agree with the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule is broken.
    pub rule: &'static str,
    /// The account or transfer; none for a rule about sums.
    pub row: Option<Uuid>,
    /// In words, with the figures.
    pub detail: String,
}

/// Checks the sums of every currency, the balances of every account against its transfers, the
/// limits of every wallet, what was given back, and every account's chain of hashes. Empty means
/// sound; of a broken chain the first wrong row is named, the oldest one first.
pub async fn verify(db: &mut PgConnection) -> Result<Vec<Finding>, LedgerError> {
    let mut findings = Vec::new();
    let sums = sqlx::query!(
        "select currency,
                sum(debits_posted - credits_posted)::text as \"posted!\",
                sum(debits_pending - credits_pending)::text as \"pending!\"
           from ledger_account group by currency
         having sum(debits_posted) <> sum(credits_posted)
             or sum(debits_pending) <> sum(credits_pending)"
    )
    .fetch_all(&mut *db)
    .await?;
    findings.extend(sums.into_iter().map(|row| Finding {
        rule: "zero-sum",
        row: None,
        detail: format!(
            "{}: posted off by {}, pending by {}",
            row.currency, row.posted, row.pending
        ),
    }));

    let balances = sqlx::query!(
        "with movement as (
            select t.debit_account as account, 'd' as side, t.kind, t.amount, h.amount as held
              from ledger_transfer t left join ledger_transfer h on h.id = t.pending_id
            union all
            select t.credit_account, 'c', t.kind, t.amount, h.amount
              from ledger_transfer t left join ledger_transfer h on h.id = t.pending_id
         ), total as (
            select account,
                   sum(amount) filter (where side = 'd' and kind in ('posted', 'post')) as dp,
                   sum(amount) filter (where side = 'c' and kind in ('posted', 'post')) as cp,
                   coalesce(sum(amount) filter (where side = 'd' and kind = 'pending'), 0)
                 - coalesce(sum(held) filter (where side = 'd' and kind in ('post', 'void')), 0) as dh,
                   coalesce(sum(amount) filter (where side = 'c' and kind = 'pending'), 0)
                 - coalesce(sum(held) filter (where side = 'c' and kind in ('post', 'void')), 0) as ch
              from movement group by account
         )
         select a.id, a.kind from ledger_account a left join total t on t.account = a.id
          where a.debits_posted <> coalesce(t.dp, 0) or a.credits_posted <> coalesce(t.cp, 0)
             or a.debits_pending <> coalesce(t.dh, 0) or a.credits_pending <> coalesce(t.ch, 0)
          order by a.id"
    )
    .fetch_all(&mut *db)
    .await?;
    findings.extend(balances.into_iter().map(|row| Finding {
        rule: "balance-is-sum",
        row: Some(row.id),
        detail: format!("the {} account's balances are not the sums of its transfers", row.kind),
    }));

    let limits = sqlx::query_scalar!(
        "select id from ledger_account
          where kind = 'wallet' and debits_pending + debits_posted > credits_posted + credit_limit"
    )
    .fetch_all(&mut *db)
    .await?;
    findings.extend(limits.into_iter().map(|id| Finding {
        rule: "within-limit",
        row: Some(id),
        detail: "the wallet is below its limit".to_owned(),
    }));

    let given_back = sqlx::query!(
        "select t.reverses as \"id!\", o.amount, sum(t.amount)::bigint as \"given_back!\"
           from ledger_transfer t join ledger_transfer o on o.id = t.reverses
          group by t.reverses, o.amount having sum(t.amount) > o.amount"
    )
    .fetch_all(&mut *db)
    .await?;
    findings.extend(given_back.into_iter().map(|row| Finding {
        rule: "gives-back-what-was-moved",
        row: Some(row.id),
        detail: format!("{} of {} were given back", row.given_back, row.amount),
    }));

    let links = sqlx::query!(
        "select link_id as \"id!\", count(*) as \"there!\", max(link_size) as \"wanted!\"
           from ledger_transfer where link_id is not null
          group by link_id having count(*) <> max(link_size) or min(link_size) <> max(link_size)"
    )
    .fetch_all(&mut *db)
    .await?;
    findings.extend(links.into_iter().map(|row| Finding {
        rule: "all-linked",
        row: Some(row.id),
        detail: format!("{} of {} linked transfers are there", row.there, row.wanted),
    }));
    findings.extend(chains(db).await?);
    Ok(findings)
}

/// The first wrong row of each account, and the accounts whose end is not the end of their chain.
async fn chains(db: &mut PgConnection) -> Result<Vec<Finding>, LedgerError> {
    let rows = sqlx::query!(
        "with link as (
            select e.account_id, e.line, e.transfer_id, e.chain,
                   ledger_link(coalesce(lag(e.chain) over account, decode(repeat('00', 32), 'hex')),
                               t, e.account_id, e.kind, e.at, e.available_after, e.held_after)
                       as wanted
              from ledger_entry e join ledger_transfer t on t.id = e.transfer_id
            window account as (partition by e.account_id order by e.line)
         )
         select distinct on (account_id) account_id, line, transfer_id
           from link where chain <> wanted order by account_id, line"
    )
    .fetch_all(&mut *db)
    .await?;
    let mut broken: Vec<_> = rows.into_iter().collect();
    broken.sort_by_key(|row| row.line);
    let mut findings: Vec<Finding> = broken
        .into_iter()
        .map(|row| Finding {
            rule: "chain",
            row: Some(row.transfer_id),
            detail: format!(
                "line {} of account {} or the line before it is not as it was written",
                row.line, row.account_id
            ),
        })
        .collect();

    let ends = sqlx::query!(
        "select a.id, a.kind from ledger_account a
           left join lateral (select chain, available_after, held_after, at from ledger_entry
                               where account_id = a.id order by line desc limit 1) e on true
          where a.chain <> coalesce(e.chain, decode(repeat('00', 32), 'hex'))
             or a.moved_at is distinct from e.at
             or (a.credits_posted - a.debits_posted - a.debits_pending, a.debits_pending)
                <> (coalesce(e.available_after, 0), coalesce(e.held_after, 0))
          order by a.id"
    )
    .fetch_all(&mut *db)
    .await?;
    findings.extend(ends.into_iter().map(|row| Finding {
        rule: "ends-where-its-lines-end",
        row: Some(row.id),
        detail: format!("the {} account's last line is missing or not its balance", row.kind),
    }));

    let lines = sqlx::query_scalar!(
        "select t.id from ledger_transfer t
          where (select count(*) from ledger_entry e where e.transfer_id = t.id) <> 2
          order by t.seq limit 100"
    )
    .fetch_all(db)
    .await?;
    findings.extend(lines.into_iter().map(|id| Finding {
        rule: "two-lines",
        row: Some(id),
        detail: "the transfer has not a line in each of its two accounts".to_owned(),
    }));
    Ok(findings)
}
