//! The `softexternal` family (seed 002, protocol section 3.4): third-party licenses, and at ISPlicense
//! panels too. They have a name, most have an address, and some can be had for a lifetime.
//!
//! Seed 002 shows order, edit and delete, protocol section 3.4 names suspend and resume; the view and
//! the list are as in `soft`, without the days of change.

use crate::family::{Family, Field};
use crate::model::{Ask, World};
use crate::wire::Answer;

const FAMILY: Family =
    Family { name: "softexternal", reach: &["softexternal"], fields: &[Field::Name, Field::Ip] };

/// Answers a function of this family, or `None` when it belongs elsewhere.
pub(crate) fn answer(world: &mut World, ask: &Ask, func: &str) -> Option<Answer> {
    Some(match func {
        "softexternal" => FAMILY.list(world, ask),
        "softexternal.order.param" => FAMILY.order(world, ask),
        "softexternal.edit" => FAMILY.edit(world, ask),
        "softexternal.suspend" => FAMILY.suspend(world, ask),
        "softexternal.resume" => FAMILY.resume(world, ask),
        "softexternal.delete" => FAMILY.delete(world, ask),
        _ => return None,
    })
}
