//! What was done to licenses, and what is under way.

use domain::operation::{OperationKind, OperationState};
use domain::{Currency, Money};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::listing::{self, Days, Listed, Owners, Paging, SortKey, Source};
use crate::people::CustomerViewer;
use crate::{Error, Portal};

/// When it was asked for.
pub const CHANGES_BY_TIME: SortKey = SortKey::time("asked", "x.created_at");
/// What it costs.
pub const CHANGES_BY_PRICE: SortKey = SortKey::number("price", "x.price");
/// What changes can be sorted by, the usual one first.
pub const CHANGE_SORTS: [SortKey; 2] = [CHANGES_BY_TIME, CHANGES_BY_PRICE];
/// So many are the latest few.
const LATEST: u16 = 5;

/// Which changes are listed.
#[derive(Debug, Clone, Default)]
pub struct ChangeFilter {
    /// Those of the license of this number.
    pub license: Option<i64>,
    /// What was done.
    pub kind: Option<OperationKind>,
    /// Those that stand there.
    pub state: Option<OperationState>,
    /// When they were asked for.
    pub days: Days,
}

/// Something that was done to a license, or is under way.
#[derive(Debug, Clone)]
pub struct UnderWay {
    /// The operation.
    pub operation: Uuid,
    /// Its number, for people.
    pub number: i64,
    /// The license.
    pub license: Uuid,
    /// The license's number.
    pub license_number: i64,
    /// What.
    pub kind: OperationKind,
    /// Where it stands.
    pub state: OperationState,
    /// What it costs.
    pub price: Money,
    /// When it was asked for.
    pub at: OffsetDateTime,
    /// When it ended.
    pub finished_at: Option<OffsetDateTime>,
    /// It is not sent before this.
    pub undo_until: Option<OffsetDateTime>,
    /// Nothing was sent yet: it can be taken back.
    pub can_cancel: bool,
    /// The vendor's own words, if it refused.
    pub vendor_message: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: i64,
    license: Uuid,
    license_number: i64,
    kind: String,
    state: String,
    currency: String,
    price: i64,
    created_at: OffsetDateTime,
    finished_at: Option<OffsetDateTime>,
    undo_until: Option<OffsetDateTime>,
    vendor_message: Option<String>,
    unsent: bool,
    sort_key: String,
}

impl Row {
    fn read(self) -> Result<UnderWay, Error> {
        let bad = |what: &str| Error::unreadable("operation", format!("{} {what}", self.id));
        let currency = Currency::from_code(&self.currency).ok_or_else(|| bad("currency"))?;
        let state = OperationState::from_word(&self.state).ok_or_else(|| bad("state"))?;
        let open = matches!(state, OperationState::Planned | OperationState::Parked);
        Ok(UnderWay {
            operation: self.id,
            number: self.number,
            license: self.license,
            license_number: self.license_number,
            kind: OperationKind::from_word(&self.kind).ok_or_else(|| bad("kind"))?,
            state,
            price: Money::new(self.price, currency),
            at: self.created_at,
            finished_at: self.finished_at,
            undo_until: self.undo_until,
            can_cancel: self.unsent && open,
            vendor_message: self.vendor_message,
        })
    }
}

impl Portal {
    /// What was done to the customer's licenses and what is under way; not their purchases.
    pub async fn license_changes(
        &self,
        viewer: &CustomerViewer,
        filter: &ChangeFilter,
        paging: &Paging,
    ) -> Result<Listed<UnderWay>, Error> {
        let license = match filter.license {
            None => None,
            Some(number) => {
                let found = sqlx::query_scalar!(
                    "select id from license where number = $1 and customer_id = $2",
                    number,
                    viewer.customer,
                )
                .fetch_optional(&self.pool)
                .await?;
                match found {
                    Some(license) => Some(license),
                    None => return Ok(Listed::nothing()),
                }
            }
        };
        self.changes(viewer, license, filter, paging).await
    }

    /// The latest few things that were done to a license, the newest first.
    pub async fn license_history(
        &self,
        viewer: &CustomerViewer,
        license: Uuid,
    ) -> Result<Vec<UnderWay>, Error> {
        let latest = Paging::first(CHANGES_BY_TIME, LATEST);
        let filter = ChangeFilter::default();
        Ok(self.changes(viewer, Some(license), &filter, &latest).await?.rows)
    }

    async fn changes(
        &self,
        viewer: &CustomerViewer,
        license: Option<Uuid>,
        filter: &ChangeFilter,
        paging: &Paging,
    ) -> Result<Listed<UnderWay>, Error> {
        let source = Source {
            from: "operation x",
            id: "x.id",
            key: paging.sort.column,
            number: "x.number",
            owner: "x.customer_id",
        };
        let mut query = listing::page(&source, Owners::One(viewer.customer), paging, |query| {
            query.push(" and x.kind <> 'order'");
            if let Some(license) = license {
                query.push(" and x.license_id = ").push_bind(license);
            }
            if let Some(kind) = filter.kind {
                query.push(" and x.kind = ").push_bind(kind.as_str());
            }
            if let Some(state) = filter.state {
                query.push(" and x.state = ").push_bind(state.as_str());
            }
            filter.days.push(query, "x.created_at");
        });
        query.push(
            "select x.id, x.number, l.id as license, l.number as license_number, x.kind, x.state,
                    x.currency, x.price, x.created_at, x.finished_at, x.undo_until,
                    x.vendor_message, x.attempts = 0 and x.first_sent_at is null as unsent, ",
        );
        query.push(paging.sort.selected("page.key")).push(
            " from page join operation x on x.id = page.id join license l on l.id = x.license_id",
        );
        paging.push_order(&mut query, "page.key", "page.number");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        Listed::cut(rows, paging, |row| (row.number, row.sort_key.as_str()), Row::read)
    }
}
