//! The same portal in thousands of made-up lives: random customers, clicks, faults, kills, pauses and
//! clocks, all from one seed, over the real use cases and a real database.
//!
//! Only one thing runs at a time. A worker is a future that stops at every step
//! ([`portal::fault::Step`]); the seed says who goes on, who is killed there, who stands still, what
//! the customers do meanwhile and what goes wrong at the vendor, which lives in this process. In the
//! end all that is wrong stops, time passes, and the books of both sides are compared with each other
//! ([`check`]).
//!
//! A life that ends badly prints its seed; `PORTAL_SEED=17 cargo xtask test --filter simulation` lives
//! it again. `cargo xtask torture` lives many more (`PORTAL_SEEDS`).
//!
//! That the checks see anything is shown by leaving out one rule at a time
//! ([`portal::fault::Weakness`]): each must then be caught.

#![expect(clippy::indexing_slicing, reason = "two workers, three customers, forms by their place")]

mod check;
mod dice;
mod life;
mod worker;

use std::collections::BTreeMap;

use portal::fault::Weakness;
use sqlx::PgPool;

use life::{Life, Stage};

/// What a life is about: which troubles come more often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    /// A bit of everything.
    Mixed,
    /// A worker stands still for a long time, again and again.
    Pauses,
    /// What the vendor does, it does late, and its lists show it later.
    Lagging,
    /// Orders in two steps, at a vendor that acts later than any window.
    Basket,
    /// A vendor that acts later than any window, and orders at once: the one case in which a second
    /// purchase cannot be excluded. It must be found.
    TooLate,
}

impl Theme {
    fn of(seed: u64) -> Self {
        match seed % 10 {
            0..=3 => Self::Mixed,
            4 | 5 => Self::Pauses,
            6 => Self::Lagging,
            7 | 8 => Self::Basket,
            _ => Self::TooLate,
        }
    }
}

/// Lives these seeds and panics with the first that ends badly.
async fn live(pool: &PgPool, seeds: impl Iterator<Item = u64>) {
    let stage = Stage::new(pool).await;
    let mut told = BTreeMap::<&str, u64>::new();
    for seed in seeds {
        let life = Life::begin(&stage, seed, Theme::of(seed), None).await;
        match life.live().await {
            Ok(counts) => {
                for (what, count) in counts {
                    *told.entry(what).or_default() += count;
                }
            }
            Err(why) => panic!(
                "seed {seed} ({:?}): {why}\nPORTAL_SEED={seed} lives it again",
                Theme::of(seed)
            ),
        }
    }
    println!("lived: {told:?}");
    // Lives in which nothing happens would prove nothing.
    for what in [
        "orders",
        "renewals",
        "changes",
        "kills",
        "freezes",
        "parked",
        "cancelled",
        "rejected",
        "lost answers",
    ] {
        let happened = told.get(what).is_some_and(|count| *count > 0);
        assert!(happened || one_seed().is_some(), "no {what} in all these lives: {told:?}");
    }
    stage.end().await;
}

fn one_seed() -> Option<u64> {
    std::env::var("PORTAL_SEED").ok()?.parse().ok()
}

/// How many lives in all.
fn lives() -> u64 {
    std::env::var("PORTAL_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

/// One half of the lives; the halves run side by side.
async fn half(pool: &PgPool, odd: u64) {
    match one_seed() {
        Some(seed) if seed % 2 == odd => live(pool, std::iter::once(seed)).await,
        Some(_) => {}
        None => live(pool, (0..lives()).filter(|seed| seed % 2 == odd)).await,
    }
}

#[sqlx::test]
async fn whatever_happens_nothing_is_bought_twice_or_lost_even_seeds(pool: PgPool) {
    half(&pool, 0).await;
}

#[sqlx::test]
async fn whatever_happens_nothing_is_bought_twice_or_lost_odd_seeds(pool: PgPool) {
    half(&pool, 1).await;
}

/// The same seed is the same life, or its number would be worth nothing.
#[sqlx::test]
async fn a_seed_is_one_life(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    for seed in [3, 6] {
        let mut diaries = Vec::new();
        for _ in 0..2 {
            let mut life = Life::begin(&stage, seed, Theme::of(seed), None).await;
            life.act().await.unwrap();
            diaries.push(life.diary());
        }
        assert!(diaries[0].len() > 100, "{:?}", diaries[0]);
        assert_eq!(diaries[0], diaries[1], "seed {seed}");
    }
    stage.end().await;
}

/// Lives without a rule until one ends badly.
async fn caught(pool: &PgPool, weakness: Weakness, theme: Theme) {
    /// Far more than it takes, so that a change of the dice does not matter.
    const MOST: u64 = 400;
    let stage = Stage::new(pool).await;
    for seed in 0..MOST {
        let life = Life::begin(&stage, seed, theme, Some(weakness)).await;
        if let Err(why) = life.live().await {
            println!("without {weakness:?}, seed {seed} ends badly: {why}");
            stage.end().await;
            return;
        }
    }
    panic!("{MOST} lives without {weakness:?}, and nothing was noticed");
}

#[sqlx::test]
async fn sending_again_without_an_answer_is_caught(pool: PgPool) {
    caught(&pool, Weakness::RetryOnTimeout, Theme::Mixed).await;
}

#[sqlx::test]
async fn believing_an_error_is_caught(pool: PgPool) {
    caught(&pool, Weakness::ErrorMeansRelease, Theme::Mixed).await;
}

#[sqlx::test]
async fn believing_the_first_look_is_caught(pool: PgPool) {
    caught(&pool, Weakness::NoQuietWindow, Theme::Lagging).await;
}

#[sqlx::test]
async fn writing_without_owning_is_caught(pool: PgPool) {
    caught(&pool, Weakness::NoGenerationGuard, Theme::Pauses).await;
}

#[sqlx::test]
async fn sending_too_late_is_caught(pool: PgPool) {
    caught(&pool, Weakness::NoDeadline, Theme::Pauses).await;
}
