//! The database was replaced by a copy that may lack the last commits.
//!
//! Then the one thing does not hold on which everything rests: that a row which is not `sent` was not
//! sent. So everything that is planned is taken for sent, and the vendor's own list says what became
//! of it, after the quiet window, before anything goes out again.

use domain::operation::OperationState;
use sqlx::types::Json;
use upstream::effect::Before;

use crate::orders::EventKind;
use crate::{Error, Portal};

impl Portal {
    /// Takes all that is planned for sent; how many operations that were. To be called before any
    /// worker runs on the copy.
    pub async fn distrust_plans(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let why = "the database was replaced by a copy: it may have been sent";
        let distrusted = sqlx::query!(
            "with doubted as (
                update operation
                   set state = $5, generation = generation + 1, attempts = attempts + 1,
                       sent_at = $1, first_sent_at = coalesce(first_sent_at, $1), lease_until = $1,
                       next_at = $1, counts_from = $1,
                       alone_in = null, known_ids = null,
                       before = case when kind = 'order' then null else coalesce(before, $2) end
                 where state = 'planned' and attempts < 3
                returning id, attempts, generation
             ), tried as (
                insert into operation_attempt (operation_id, attempt, generation, sent_at, request)
                select id, attempts, generation, $1, $3 from doubted
             )
             insert into operation_event (operation_id, at, event, detail)
             select id, $1, $4, $3 from doubted",
            now,
            Json(Before::default()) as _,
            why,
            EventKind::Unclear.as_str(),
            OperationState::Sent.as_str(),
        )
        .execute(&self.pool)
        .await?
        .rows_affected();
        Ok(distrusted)
    }
}
