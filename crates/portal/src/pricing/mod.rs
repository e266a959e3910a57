//! What the reseller decides about prices: customer groups, pricelists, costs.

use crate::people::StaffViewer;
use crate::{Error, Portal};

/// Customers who pay the same prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name in addresses and in the database; `public` is everybody's.
    pub code: String,
    /// Its name for the staff.
    pub name: String,
}

impl Portal {
    /// All customer groups, the public one first.
    pub async fn groups(&self, _staff: &StaffViewer) -> Result<Vec<Group>, Error> {
        let rows = sqlx::query_as!(
            Group,
            "select code, name from customer_group order by code <> 'public', name, code",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }
}
