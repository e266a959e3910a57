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
/// limits of every wallet and the last statement line of every wallet. Empty means sound.
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

    let statements = sqlx::query_scalar!(
        "select a.id from ledger_account a
           left join lateral (select available_after, held_after from ledger_entry
                               where account_id = a.id order by line desc limit 1) e on true
          where a.kind = 'wallet'
            and (coalesce(e.available_after, 0), coalesce(e.held_after, 0))
             <> (a.credits_posted - a.debits_posted - a.debits_pending, a.debits_pending)"
    )
    .fetch_all(db)
    .await?;
    findings.extend(statements.into_iter().map(|id| Finding {
        rule: "statement-ends-at-balance",
        row: Some(id),
        detail: "the statement's last line is not the wallet's balance".to_owned(),
    }));
    Ok(findings)
}
