//! What must be true when everything has come to rest: a simple model of both sides' books.

use std::collections::{BTreeMap, BTreeSet};

use domain::Currency;

use super::Theme;
use super::life::Life;

pub async fn compare(life: &Life<'_>, theme: Theme) -> Result<(), String> {
    let pool = &life.portal.pool;
    let mut db = pool.acquire().await.unwrap();
    let findings = ledger::verify(&mut db).await.map_err(|error| error.to_string())?;
    if !findings.is_empty() {
        return Err(format!("the ledger is broken: {findings:?}"));
    }
    drop(db);

    // Every paid license of the vendor's is one of ours, or is known to be too many.
    let ours: Vec<String> = strings(life, "select upstream_id from license").await;
    let ours: BTreeSet<String> = ours.into_iter().collect();
    let orphans =
        strings(life, "select upstream_id from upstream_finding where kind = 'orphan'").await;
    let vendor = life.vendor.sim();
    for license in vendor.live_licenses() {
        let id = license.id.to_string();
        let known = ours.contains(&id) || (theme == Theme::TooLate && orphans.contains(&id));
        if !known {
            let told = sqlx::query_scalar::<_, String>(
                "select concat_ws(' ', to_char(e.at, 'HH24:MI:SS'), x.kind, x.state, e.event, e.detail)
                   from operation x join operation_event e on e.operation_id = x.id
                  where $1 like '%' || x.reference || '%' order by e.id",
            )
            .bind(&license.licname)
            .fetch_all(pool)
            .await
            .unwrap();
            let name = &license.licname;
            return Err(format!("no. {id} ({name}) was paid and nobody has it: {told:#?}"));
        }
    }
    if theme != Theme::TooLate && !orphans.is_empty() {
        return Err(format!("orphans: {orphans:?}"));
    }
    for id in &ours {
        if vendor.license(id.parse().unwrap()).is_none() {
            return Err(format!("no. {id} is ours and the vendor never had it"));
        }
    }

    // The vendor was paid once for each thing that was confirmed, and for nothing else.
    let mut paid = BTreeMap::<String, usize>::new();
    for debit in vendor.debits() {
        *paid.entry(debit.reason).or_default() += 1;
    }
    for (reason, kind) in [
        ("order", "order"),
        ("prolong", "renew"),
        ("changepricelist", "change_plan"),
        ("addon", "addons"),
    ] {
        let confirmed: i64 = sqlx::query_scalar(
            "select count(*) from operation where kind = $1 and state = 'confirmed' and cost > 0",
        )
        .bind(kind)
        .fetch_one(pool)
        .await
        .unwrap();
        let confirmed = usize::try_from(confirmed).unwrap();
        let extra = if reason == "order" { orphans.len() } else { 0 };
        // A person may find that what is in doubt was paid.
        let doubt =
            strings(life, "select kind from operation where state = 'review' and cost > 0").await;
        let doubt = doubt.iter().filter(|other| *other == kind).count();
        let count = paid.get(reason).copied().unwrap_or(0);
        if !(confirmed + extra..=confirmed + extra + doubt).contains(&count) {
            let told = sqlx::query_scalar::<_, String>(
                "select concat_ws(' ', x.number, e.at, x.state, x.cost, x.change, x.before, e.event, e.detail)
                   from operation x join operation_event e on e.operation_id = x.id
                  where x.kind = $1 order by e.id",
            )
            .bind(kind)
            .fetch_all(pool)
            .await
            .unwrap();
            return Err(format!(
                "paid {count} times for {kind}, {confirmed} are confirmed, {extra} too many are \
                 known, {doubt} are in doubt: {told:#?}"
            ));
        }
    }

    // Nobody paid for what is not there, and what is held is what is open.
    for (viewer, began) in life.viewers.iter().zip(&life.began) {
        let (spent, held): (i64, i64) = sqlx::query_as(
            "select coalesce(sum(price) filter (where state = 'confirmed'), 0)::bigint,
                    coalesce(sum(price) filter (where finished_at is null), 0)::bigint
               from operation x join app_user u on u.customer_id = x.customer_id
              where u.email = $1",
        )
        .bind(&viewer.email)
        .fetch_one(pool)
        .await
        .unwrap();
        let balance = life.portal.balance(viewer, Currency::EUR).await.map_err(|e| e.chain())?;
        let left = began.amount() - spent - held;
        if (balance.available.amount(), balance.held.amount()) != (left, held) {
            return Err(format!(
                "{}: began with {began}, spent {spent}, holds {held}, but the wallet says {balance:?}",
                viewer.email
            ));
        }
    }

    // The portal's own checks see the same.
    let broken = life.portal.check_health().await.map_err(|error| error.chain())?;
    let broken: Vec<_> = broken
        .into_iter()
        .filter(|broken| {
            theme != Theme::TooLate || broken.invariant != portal::health::Invariant::I09
        })
        .collect();
    if !broken.is_empty() {
        return Err(format!("invariants: {broken:?}"));
    }
    Ok(())
}

async fn strings(life: &Life<'_>, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(&life.portal.pool).await.unwrap()
}
