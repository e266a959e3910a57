//! Random histories of two wallets against a model that a child could check: money is somewhere,
//! and only ever in one place.
#![expect(clippy::indexing_slicing, reason = "both wallets are there")]

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use domain::{Currency, Money};
use ledger::{
    AccountKind, Cause, CauseKind, LedgerError, Transfer, capture_in_tx, give_back_in_tx,
    hold_in_tx, house_account_in_tx, post_in_tx, release_in_tx, set_credit_limit_in_tx, verify,
    wallet_balance, wallet_in_tx,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use sqlx::{Acquire, PgPool};
use uuid::Uuid;

use crate::NOW;

/// Amounts are small, so that limits are met and hit exactly.
#[derive(Debug, Clone)]
enum Do {
    TopUp { wallet: usize, amount: i64 },
    Hold { wallet: usize, amount: i64 },
    Capture { hold: usize, part: i64 },
    Release { hold: usize },
    GiveBack { spent: usize, amount: i64 },
    Limit { wallet: usize, amount: i64 },
    Repeat { hold: usize },
}

fn steps() -> impl Strategy<Value = Vec<Do>> {
    let (wallet, amount, which) = (0..2_usize, 1..30_i64, 0..4_usize);
    let step = prop_oneof![
        2 => (wallet.clone(), 1..90_i64).prop_map(|(wallet, amount)| Do::TopUp { wallet, amount }),
        4 => (wallet.clone(), amount.clone()).prop_map(|(wallet, amount)| Do::Hold { wallet, amount }),
        3 => (which.clone(), 1..40_i64).prop_map(|(hold, part)| Do::Capture { hold, part }),
        2 => which.clone().prop_map(|hold| Do::Release { hold }),
        2 => (which.clone(), amount).prop_map(|(spent, amount)| Do::GiveBack { spent, amount }),
        1 => (wallet, 0..40_i64).prop_map(|(wallet, amount)| Do::Limit { wallet, amount }),
        1 => which.prop_map(|hold| Do::Repeat { hold }),
    ];
    vec(step, 10..60)
}

/// A wallet of the model.
#[derive(Default, Clone, Copy)]
struct Purse {
    available: i64,
    held: i64,
    limit: i64,
}

struct Held {
    transfer: Transfer,
    wallet: usize,
    open: bool,
}

struct Spent {
    id: Uuid,
    wallet: usize,
    left: i64,
}

#[sqlx::test(migrations = "../../migrations")]
async fn money_is_conserved_whatever_happens(pool: PgPool) {
    // The same histories in every run: a failure is there again when somebody looks at it.
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let mut seen = HashMap::new();
    for case in 0..60 {
        let history = steps().new_tree(&mut runner).unwrap().current();
        let played = play(&pool, &history, &mut seen).await;
        played.unwrap_or_else(|wrong| panic!("{wrong}\n{case}: {history:?}"));
    }
    // Seven kinds of steps went through, and all but top-ups and repetitions were refused, too.
    let went = |through| seen.keys().filter(|(_, went)| *went == through).count();
    assert_eq!((went(true), went(false)), (7, 5), "{seen:?}");
    let mut db = pool.acquire().await.unwrap();
    assert_eq!(verify(&mut db).await.unwrap(), vec![]);
}

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

fn cause() -> Cause {
    Cause { kind: CauseKind::Payment, id: Uuid::now_v7(), actor: None, reason: "model".into() }
}

type Seen = HashMap<(Discriminant<Do>, bool), u32>;

async fn play(pool: &PgPool, history: &[Do], seen: &mut Seen) -> Result<(), String> {
    let mut db = pool.acquire().await.unwrap();
    let customers = [Uuid::now_v7(), Uuid::now_v7()];
    let mut wallets = Vec::new();
    for customer in customers {
        wallets.push(wallet_in_tx(&mut db, customer, Currency::EUR, NOW).await.unwrap());
    }
    let near = wallets[0].id;
    let (bank, revenue) = (AccountKind::GatewayClearing, AccountKind::Revenue);
    let bank = house_account_in_tx(&mut db, bank, None, Currency::EUR, near, NOW).await.unwrap();
    let revenue =
        house_account_in_tx(&mut db, revenue, None, Currency::EUR, near, NOW).await.unwrap();
    let mut purses = [Purse::default(); 2];
    let (mut holds, mut spent): (Vec<Held>, Vec<Spent>) = (Vec::new(), Vec::new());
    for step in history {
        // A refused step ends its transaction, as it does for everybody.
        let mut tx = db.begin().await.unwrap();
        let (real, expected) = match step {
            Do::TopUp { wallet, amount } => {
                let (debit, credit) = (bank, wallets[*wallet]);
                let (id, amount_) = (Uuid::now_v7(), eur(*amount));
                let transfer = Transfer { id, debit, credit, amount: amount_, cause: cause() };
                purses[*wallet].available += amount;
                (post_in_tx(&mut tx, &transfer, NOW).await.map(drop), true)
            }
            Do::Hold { wallet, amount } => {
                let transfer = Transfer {
                    id: Uuid::now_v7(),
                    debit: wallets[*wallet],
                    credit: revenue,
                    amount: eur(*amount),
                    cause: cause(),
                };
                let purse = &mut purses[*wallet];
                let fits = purse.available + purse.limit >= *amount;
                if fits {
                    purse.available -= amount;
                    purse.held += amount;
                    holds.push(Held { transfer: transfer.clone(), wallet: *wallet, open: true });
                }
                (hold_in_tx(&mut tx, &transfer, NOW).await, fits)
            }
            Do::Repeat { hold } => {
                // The very same transfer again changes nothing.
                let Some(held) = holds.get(*hold) else { continue };
                (hold_in_tx(&mut tx, &held.transfer, NOW).await, true)
            }
            Do::Capture { hold, part } => {
                let Some(held) = holds.get_mut(*hold) else { continue };
                let whole = held.transfer.amount.amount();
                let fits = held.open && *part <= whole;
                let (id, amount) = (Uuid::now_v7(), Some(eur(*part)));
                if fits {
                    held.open = false;
                    let purse = &mut purses[held.wallet];
                    purse.held -= whole;
                    purse.available += whole - part;
                    spent.push(Spent { id, wallet: held.wallet, left: *part });
                }
                (capture_in_tx(&mut tx, id, held.transfer.id, amount, cause(), NOW).await, fits)
            }
            Do::Release { hold } => {
                let Some(held) = holds.get_mut(*hold) else { continue };
                let fits = held.open;
                if fits {
                    held.open = false;
                    let whole = held.transfer.amount.amount();
                    purses[held.wallet].held -= whole;
                    purses[held.wallet].available += whole;
                }
                (release_in_tx(&mut tx, Uuid::now_v7(), held.transfer.id, cause(), NOW).await, fits)
            }
            Do::GiveBack { spent: which, amount } => {
                let Some(paid) = spent.get_mut(*which) else { continue };
                let fits = *amount <= paid.left;
                if fits {
                    paid.left -= amount;
                    purses[paid.wallet].available += amount;
                }
                let id = Uuid::now_v7();
                let amount = Some(eur(*amount));
                let given = give_back_in_tx(&mut tx, id, paid.id, amount, None, cause(), NOW).await;
                (given.map(drop), fits)
            }
            Do::Limit { wallet, amount } => {
                let purse = &mut purses[*wallet];
                // A limit is not lowered below what is used of it.
                let fits = purse.available + amount >= 0;
                if fits {
                    purse.limit = *amount;
                }
                (set_credit_limit_in_tx(&mut tx, wallets[*wallet], eur(*amount)).await, fits)
            }
        };
        match real {
            Ok(()) => tx.commit().await.unwrap(),
            Err(LedgerError::Database(error)) => return Err(format!("{step:?}: {error}")),
            Err(_) => tx.rollback().await.unwrap(),
        }
        *seen.entry((discriminant(step), expected)).or_insert(0) += 1;
        if real.is_ok() != expected {
            return Err(format!("{step:?} should have been {expected}: {real:?}"));
        }
        for (customer, purse) in customers.iter().zip(purses) {
            let balance = wallet_balance(&mut db, *customer, Currency::EUR).await.unwrap();
            let real = (balance.available.amount(), balance.held.amount());
            if real != (purse.available, purse.held) {
                return Err(format!(
                    "{step:?}: {real:?}, expected {:?}",
                    (purse.available, purse.held)
                ));
            }
        }
    }
    Ok(())
}
