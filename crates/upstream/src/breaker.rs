//! A circuit breaker: a vendor that does not answer is left alone for a while instead of being asked
//! by everything that waits for it.
//!
//! Only the way to the vendor counts. A vendor that refuses in words answers, however often it does.

use std::time::Duration;

/// So many failures in a row open it.
const THRESHOLD: u32 = 5;
/// A pause grows to so many times the first one.
const LONGEST: u32 = 8;

/// The state for one account; all times are readings of a clock that never jumps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    first_pause: Duration,
    failures: u32,
    state: State,
    has_answered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Calls go through.
    Closed,
    /// Nothing is sent before this moment.
    Open { until: Duration, pause: Duration },
    /// One call finds out; its answer counts until this moment.
    Trying { until: Duration, pause: Duration },
}

/// What an answer has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The vendor is left alone for so long.
    Opened(Duration),
    /// It answers again.
    Closed,
    /// It answers for the first time since this process asks it: whatever an earlier one wrote down of
    /// its silence is over.
    First,
}

impl Breaker {
    /// One that lets calls through; the first pause after failures is so long.
    #[must_use]
    pub const fn new(first_pause: Duration) -> Self {
        Self { first_pause, failures: 0, state: State::Closed, has_answered: false }
    }

    /// Whether a call may be sent now, which is given up after `call` at the latest.
    ///
    /// # Errors
    /// How long to wait.
    pub fn admit(&mut self, now: Duration, call: Duration) -> Result<(), Duration> {
        match self.state {
            State::Closed => Ok(()),
            State::Open { until, .. } | State::Trying { until, .. } if now < until => {
                Err(until.saturating_sub(now))
            }
            State::Open { pause, .. } | State::Trying { pause, .. } => {
                self.state = State::Trying { until: now.saturating_add(call), pause };
                Ok(())
            }
        }
    }

    /// Whether nothing would be sent now; asking this uses no chance up.
    #[must_use]
    pub fn is_open(&self, now: Duration) -> bool {
        matches!(
            self.state,
            State::Open { until, .. } | State::Trying { until, .. } if now < until
        )
    }

    /// A call has come back, with an answer or without.
    pub fn report(&mut self, answered: bool, now: Duration) -> Option<Turn> {
        if answered {
            self.failures = 0;
            let was = std::mem::replace(&mut self.state, State::Closed);
            let first = !std::mem::replace(&mut self.has_answered, true);
            return match was {
                State::Closed if first => Some(Turn::First),
                State::Closed => None,
                State::Open { .. } | State::Trying { .. } => Some(Turn::Closed),
            };
        }
        self.failures = self.failures.saturating_add(1);
        let pause = match self.state {
            State::Closed if self.failures >= THRESHOLD => self.first_pause,
            State::Trying { pause, .. } => {
                let longest = self.first_pause.saturating_mul(LONGEST);
                pause.saturating_mul(2).min(longest)
            }
            // One that was sent before the pause began says nothing new.
            State::Closed | State::Open { .. } => return None,
        };
        self.state = State::Open { until: now.saturating_add(pause), pause };
        Some(Turn::Opened(pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_mins(1);
    const CALL: Duration = Duration::from_secs(10);

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(PAUSE);
        for _ in 1..THRESHOLD {
            assert_eq!(breaker.report(false, at(0)), None);
        }
        assert_eq!(breaker.report(false, at(0)), Some(Turn::Opened(PAUSE)));
        breaker
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let mut breaker = Breaker::new(PAUSE);
        for round in 0..20 {
            let answered = round % 4 == 3;
            let first = (round == 3).then_some(Turn::First);
            assert_eq!(breaker.report(answered, at(round)), first);
            assert_eq!(breaker.admit(at(round), CALL), Ok(()));
        }
        let mut open = opened();
        assert!(open.is_open(at(59)) && !open.is_open(at(60)));
        assert_eq!(open.admit(at(20), CALL), Err(at(40)));
    }

    #[test]
    fn one_call_finds_out() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(at(60), CALL), Ok(()));
        assert_eq!(breaker.admit(at(61), CALL), Err(at(9)), "the others wait for it");
        // It never came back: another one may try.
        assert_eq!(breaker.admit(at(70), CALL), Ok(()));
        assert_eq!(breaker.report(true, at(71)), Some(Turn::Closed));
        assert_eq!(breaker.admit(at(71), CALL), Ok(()));
        assert_eq!(breaker.report(false, at(72)), None, "it counts anew");
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let mut breaker = opened();
        let mut now = at(60);
        let mut pauses = Vec::new();
        for _ in 0..5 {
            assert_eq!(breaker.admit(now, CALL), Ok(()));
            let Some(Turn::Opened(pause)) = breaker.report(false, now) else { panic!("it opens") };
            pauses.push(pause.as_secs());
            now += pause;
        }
        assert_eq!(pauses, [120, 240, 480, 480, 480]);
        assert_eq!(breaker.report(false, now), None, "a late failure changes nothing");
    }
}
