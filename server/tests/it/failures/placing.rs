//! What a customer does, and what becomes of prices meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use domain::operation::OperationState;
use portal::licenses::ChangeError;
use portal::orders::PlaceError;
use portal::pricing::{CostEdit, PriceKey};
use portal::wallet::NewLimit;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::PgPool;
use tokio::runtime::Handle;
use upstream_sim::{Fault, GatePoint, Times};
use uuid::Uuid;

use super::{End, assert_end, eur, healthy, lite, operation, order};
use crate::harness::{IP, TestPortal};

#[sqlx::test(migrations = "../migrations")]
async fn r01_many_clicks_are_one_order(pool: PgPool) {
    let portal = Arc::new(TestPortal::new(pool).await);
    let browser = portal.signed_in().await;
    let form = portal.lite_form(IP).await;
    let clicks: Vec<_> = (0..16)
        .map(|_| {
            let (portal, mut browser, form) = (portal.clone(), browser.clone(), form.clone());
            tokio::spawn(async move { browser.post(&portal, "/buy", &form).await })
        })
        .collect();
    let mut places = BTreeSet::new();
    for click in clicks {
        let answer = click.await.unwrap();
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        places.insert(answer.location.unwrap());
    }
    assert_eq!(places.len(), 1, "every click leads to the same order");
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")), "held once");
    portal.settle().await;
    let order = places.pop_first().unwrap().rsplit('/').next().unwrap().parse().unwrap();
    let once = End { state: "confirmed", sent: 1, licenses: 1, available: "495.10", held: "0" };
    assert_end(&portal, order, "sixteen clicks", &once).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r01_two_tabs_and_the_back_button_find_the_same_order(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    let (first_tab, second_tab) = (portal.lite_form(IP).await, portal.lite_form(IP).await);
    assert_eq!(first_tab, second_tab);
    let first = browser.post(&portal, "/buy", &first_tab).await;
    portal.settle().await;
    let second = browser.post(&portal, "/buy", &second_tab).await;
    assert_eq!(first.location, second.location);
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
    // The page after it is only read, however often.
    let page = first.location.unwrap();
    for _ in 0..2 {
        assert_eq!(browser.get(&portal, &page).await.status, StatusCode::OK);
    }
    // The next form is another order.
    assert_ne!(portal.lite_form(IP).await, first_tab);
    portal.settle().await;
    let order = page.rsplit('/').next().unwrap().parse().unwrap();
    let once = End { state: "confirmed", sent: 1, licenses: 1, available: "495.10", held: "0" };
    assert_end(&portal, order, "two tabs", &once).await;
}

/// Lets the money suffice for exactly one more order.
async fn leave_one(portal: &TestPortal, limit: &str) {
    let owner = portal.owner().await;
    let customer =
        sqlx::query_scalar("select id from customer").fetch_one(&portal.portal.pool).await.unwrap();
    let new = NewLimit {
        customer,
        limit: eur(limit),
        seen: eur("0"),
        reason: "pays at the end of the month".to_owned(),
    };
    portal.portal.set_credit_limit(&owner, &new).await.unwrap();
    let left = eur("4.90").amount() - eur(limit).amount();
    portal.leave(left).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r02_two_orders_race_for_the_last_money(pool: PgPool) {
    // With what is in the wallet, and with what a credit limit adds to it.
    for limit in ["0", "3.90"] {
        let portal = TestPortal::new(crate::harness::fresh(&pool).await).await;
        leave_one(&portal, limit).await;
        let viewer = portal.customer().await;
        let others = [portal.restarted(), portal.restarted()];
        for round in 0..100 {
            let race = others.iter().enumerate().map(|(nth, other)| {
                let (other, viewer) = (other.clone(), viewer.clone());
                let wish = lite(&format!("203.0.{}.{}", 113 + nth, round + 1));
                tokio::spawn(async move { other.place_order(&viewer, &wish).await })
            });
            let mut placed = Vec::new();
            for task in race.collect::<Vec<_>>() {
                match task.await.unwrap() {
                    Ok(won) => placed.push(won.id),
                    Err(PlaceError::NotEnough { available, missing }) => {
                        assert_eq!((available, missing), (eur("0"), eur("4.90")), "round {round}");
                    }
                    Err(other) => panic!("round {round}: {other}"),
                }
            }
            assert_eq!(placed.len(), 1, "round {round}");
            let (available, held) = portal.wallet().await;
            let least = eur("0").checked_sub(eur(limit)).unwrap();
            assert_eq!((available, held), (least, eur("4.90")), "round {round}");
            let operation = operation(&portal, placed[0]).await;
            portal.portal.cancel_operation(&viewer, operation).await.unwrap();
        }
        assert_eq!(portal.count("select count(*) from operation").await, 100);
        assert!(portal.vendor().calls_of("soft.order.param").is_empty());
        healthy(&portal).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r24_what_is_under_way_cannot_be_taken_back(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    super::set(&portal, "call_timeout_ms = 20000").await;
    let viewer = portal.customer().await;
    portal.vendor().add_fault("soft.order.param", Fault::ResetAfter, Times::Once);
    let gate = portal.vendor().gate("soft.order.param", GatePoint::After);
    let order = order(&portal).await;
    let operation = operation(&portal, order).await;
    let worker = portal.portal.clone();
    let worker = tokio::spawn(async move { worker.work_once().await });
    gate.arrived().await;
    for (state, going_on) in [("sent", Some(worker)), ("unknown", None)] {
        assert_eq!(portal.state(order).await, state);
        let refused = portal.portal.cancel_operation(&viewer, operation).await;
        assert!(matches!(refused, Err(ChangeError::TooLate)), "{state}: {refused:?}");
        assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")), "{state}");
        if let Some(worker) = going_on {
            gate.release();
            worker.await.unwrap().unwrap();
        }
    }
    portal.settle().await;
    let refused = portal.portal.cancel_operation(&viewer, operation).await;
    assert!(matches!(refused, Err(ChangeError::TooLate)), "confirmed: {refused:?}");
    let once = End { state: "confirmed", sent: 1, licenses: 1, available: "495.10", held: "0" };
    assert_end(&portal, order, "cancelled in flight", &once).await;
}

/// Tries to put the operation into a state, with all that a row in it needs; the constraint that
/// spoke against it.
async fn put(pool: &PgPool, operation: Uuid, to: OperationState) -> Option<String> {
    let put = sqlx::query(
        "update operation
            set state = $2, attempts = case when $2 = 'sent' then least(attempts + 1, 3) else attempts end,
                sent_at = coalesce(sent_at, created_at), lease_until = created_at,
                first_sent_at = case when $2 = 'sent' then created_at else first_sent_at end,
                finished_at = case when $2 in ('confirmed', 'rejected', 'cancelled') then created_at end,
                license_id = coalesce(license_id, (select id from license limit 1)),
                upstream_id = case when $2 = 'confirmed' then '9' else upstream_id end
          where id = $1",
    )
    .bind(operation)
    .bind(to.as_str())
    .execute(pool)
    .await;
    let error = match put {
        Ok(done) => {
            assert_eq!(done.rows_affected(), 1);
            return None;
        }
        Err(error) => error,
    };
    Some(error.as_database_error().unwrap().constraint().unwrap_or_default().to_owned())
}

#[sqlx::test(migrations = "../migrations")]
async fn r24_the_database_knows_the_same_ways_as_the_program(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    // A delivered one, for its license, and the one that is pushed around.
    order(&portal).await;
    portal.drain().await;
    let pushed = super::order_for(&portal, "203.0.113.9").await;
    let pushed = operation(&portal, pushed).await;
    let pool = portal.portal.pool.clone();
    let (handle, steps) = (Handle::current(), proptest::collection::vec(0..8_usize, 1..25));
    let walked = tokio::task::spawn_blocking(move || {
        let mut runner = TestRunner::new(Config::with_cases(150));
        runner.run(&steps, |steps| {
            handle.block_on(async {
                let back = "set session_replication_role = replica;
                     update operation set state = 'planned', finished_at = null, attempts = 0,
                            sent_at = null, first_sent_at = null, upstream_id = null,
                            license_id = null
                      where id = '";
                let mut db = pool.acquire().await.unwrap();
                let back =
                    sqlx::AssertSqlSafe(format!("{back}{pushed}'; reset session_replication_role"));
                sqlx::raw_sql(back).execute(&mut *db).await.unwrap();
                drop(db);
                let (mut state, mut was_sent, mut ended) = (OperationState::Planned, false, None);
                for step in steps {
                    let next = OperationState::ALL[step];
                    let refused = put(&pool, pushed, next).await;
                    let back = next == OperationState::Cancelled && was_sent;
                    let expected = if state == next {
                        None
                    } else if !state.allows(next) {
                        Some("operation_transition")
                    } else if back {
                        Some("operation_cancelled_unsent")
                    } else {
                        None
                    };
                    prop_assert_eq!(refused.as_deref(), expected, "{:?} to {:?}", state, next);
                    if refused.is_none() && state != next {
                        prop_assert_eq!(ended, None, "out of a final state");
                        was_sent |= next == OperationState::Sent;
                        state = next;
                        ended = state.is_final().then_some(state);
                    }
                }
                Ok(())
            })
        })
    });
    walked.await.unwrap().unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn r25_a_changed_price_is_shown_before_it_is_charged(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    let form = portal.lite_form(IP).await;
    sqlx::query(
        "insert into pricelist_version (id, group_code, version, content, published_at)
         select gen_random_uuid(), 'public', 2,
                replace(content::text, '\"percent\": \"40\"', '\"percent\": \"50\"')::jsonb, published_at
           from pricelist_version where group_code = 'public'",
    )
    .execute(&portal.portal.pool)
    .await
    .unwrap();
    let answer = browser.post(&portal, "/buy", &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("€5.90"), "the new price is on the page");
    assert_eq!(portal.count("select count(*) from customer_order").await, 0);
    assert_eq!(portal.wallet().await, (eur("500"), eur("0")));
    let total = |(name, value): &(String, String)| {
        let value = if name == "total" { "5.90 EUR" } else { value };
        (name.clone(), value.to_owned())
    };
    let form: Vec<_> = form.iter().map(total).collect();
    let confirmed = browser.post(&portal, "/buy", &form).await;
    assert_eq!(confirmed.status, StatusCode::SEE_OTHER);
    let order = confirmed.location.unwrap().rsplit('/').next().unwrap().parse().unwrap();
    portal.settle().await;
    let once = End { state: "confirmed", sent: 1, licenses: 1, available: "494.10", held: "0" };
    assert_end(&portal, order, "another price", &once).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r26_what_costs_more_than_it_sells_for_is_not_ordered(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let viewer = portal.customer().await;
    let wish = |ip: &str| portal::orders::Wish {
        plan: "dns5".to_owned(),
        shown_total: eur("2.99"),
        told_of_renewals: false,
        ..lite(ip)
    };
    // The form is open, and other orders of the same are under way.
    let before = portal.portal.place_order(&viewer, &wish("203.0.113.1")).await.unwrap();
    let owner = portal.owner().await;
    let key = PriceKey { plan: "dns5".to_owned(), period: domain::Period::MONTH, addon: None };
    let edit =
        CostEdit { key, seen: eur("2"), cost: eur("3"), reason: "vendor's letter".to_owned() };
    portal.portal.set_cost(&owner, &edit).await.unwrap();
    for process in [&portal.portal, &portal.restarted()] {
        let refused = process.place_order(&viewer, &wish("203.0.113.2")).await.unwrap_err();
        assert!(
            matches!(refused, PlaceError::Choice(domain::plan::ChoiceError::Period)),
            "{refused:?}"
        );
    }
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
    assert_eq!(portal.wallet().await, (eur("497.01"), eur("2.99")), "nothing else is held");
    assert!(portal.vendor().calls_of("soft.order.param").is_empty());
    // What was agreed before is kept.
    portal.settle().await;
    assert_eq!(portal.state(before.id).await, "confirmed");
    assert_eq!(portal.wallet().await, (eur("497.01"), eur("0")));
    assert_eq!(portal.sent("soft.order.param"), 1);
    healthy(&portal).await;
}
