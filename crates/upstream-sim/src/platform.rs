//! The `platform` family (seed 000): licenses for VMmanager 6 and DCImanager 6, which are bound to no
//! address and have a comment instead of a name.
//!
//! The seed names order, edit (comment and add-ons), suspend, resume and delete. The list and the
//! view are inferred from the other families.

use crate::family::{Family, Field};
use crate::model::{Ask, World};
use crate::wire::Answer;

const FAMILY: Family = Family { name: "platform", reach: &["platform"], fields: &[Field::Comment] };

/// Answers a function of this family, or `None` when it belongs elsewhere.
pub(crate) fn answer(world: &mut World, ask: &Ask, func: &str) -> Option<Answer> {
    Some(match func {
        "platform" => FAMILY.list(world, ask),
        "platform.order.param" => FAMILY.order(world, ask),
        "platform.edit" => FAMILY.edit(world, ask),
        "platform.suspend" => FAMILY.suspend(world, ask),
        "platform.resume" => FAMILY.resume(world, ask),
        "platform.delete" => FAMILY.delete(world, ask),
        _ => return None,
    })
}
