//! What the reseller decides about prices: customer groups, pricelists, costs.
//!
//! A pricelist is edited as a draft of its editor, looked at as a difference, and published as a
//! new version. Versions are never changed; orders point at theirs. Publishing past a version that
//! the editor has not seen is refused, by [`drafts`] and by the database
//! (`pricelist_version_follows`).

mod board;
mod costs;
mod drafts;
mod groups;
mod imports;
mod versions;

use time::OffsetDateTime;

pub use board::{
    PRICE_SORTS, PRICES_BY_COST, PRICES_BY_MARGIN, PRICES_BY_PRICE, PRICES_BY_SHELF, PriceChange,
    PriceKey, PriceRow,
};
pub use costs::{
    CHANGE_SORTS, COST_SORTS, COSTS_BY_CHANGE, COSTS_BY_COST, COSTS_BY_SHELF, CostEdit, CostError,
    CostEvent, CostHistory, CostRow, CostSource,
};
pub use drafts::{Draft, Edit, EditError, Editor, OtherDraft, PublishError, Seen};
pub use groups::{
    GROUP_SORTS, GROUPS_BY_CUSTOMERS, GROUPS_BY_NAME, Group, GroupError, GroupSummary, NewGroup,
};
pub use versions::{
    VERSION_SORTS, VERSIONS_BY_NUMBER, VersionFilter, VersionInfo, VersionRow, VersionView,
};

pub(crate) use costs::{COST_LIMIT, Origin};
pub use imports::{Endangered, Repriced};
pub(crate) use imports::{effects, import_cost_in_tx};

/// The group whose prices guests see, and where customers begin.
pub const PUBLIC: &str = "public";

/// Who did something and when, for notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByWhom {
    /// Their address; none for the portal itself.
    pub author: Option<String>,
    /// When.
    pub at: OffsetDateTime,
}
