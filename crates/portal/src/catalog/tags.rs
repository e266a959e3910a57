//! What orders price from, in the memory of this process.
//!
//! Unlike the pages' shelves these rows decide what is charged, so nobody has to hear of a change:
//! an order names the revision that it was priced from, and the transaction that places it refuses
//! any but the catalogue's own. The revision rises in the transaction that changes the catalogue
//! (`migrations/*_catalog_revision.sql`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Plan, Tariff};

/// Plans and pricelists of one revision; clones share them.
#[derive(Clone, Default)]
pub struct Tags(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    revision: i64,
    plans: HashMap<String, Arc<Plan>>,
    tariffs: HashMap<String, Tariff>,
}

/// What a price is made of.
pub(super) struct Tag {
    pub plan: Arc<Plan>,
    pub tariff: Tariff,
}

impl Tags {
    /// Plan and pricelist with the revision at which they are kept, if they are.
    pub(super) fn newest(&self, group: &str, slug: &str) -> Option<(i64, Tag)> {
        let kept = self.lock();
        let plan = Arc::clone(kept.plans.get(slug)?);
        let tariff = kept.tariffs.get(group)?.clone();
        Some((kept.revision, Tag { plan, tariff }))
    }

    /// Keeps what was read at this revision; older rows make room for newer ones.
    pub(super) fn keep(&self, revision: i64, group: &str, tag: &Tag) {
        let mut kept = self.lock();
        if revision < kept.revision {
            return;
        }
        if revision > kept.revision {
            *kept = Kept { revision, ..Kept::default() };
        }
        kept.plans.insert(tag.plan.slug.clone(), Arc::clone(&tag.plan));
        kept.tariffs.insert(group.to_owned(), tag.tariff.clone());
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
