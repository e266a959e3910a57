//! The `parallelslic` family (seed 002): Plesk, with its address as `pa_ip` and without a name.
//!
//! The seed shows the order alone; everything else is inferred from the other families.

use crate::family::{Family, Field};
use crate::model::{Ask, World};
use crate::wire::Answer;

const FAMILY: Family =
    Family { name: "parallelslic", reach: &["parallelslic"], fields: &[Field::PaIp] };

/// Answers a function of this family, or `None` when it belongs elsewhere.
pub(crate) fn answer(world: &mut World, ask: &Ask, func: &str) -> Option<Answer> {
    Some(match func {
        "parallelslic" => FAMILY.list(world, ask),
        "parallelslic.order.param" => FAMILY.order(world, ask),
        "parallelslic.edit" => FAMILY.edit(world, ask),
        "parallelslic.suspend" => FAMILY.suspend(world, ask),
        "parallelslic.resume" => FAMILY.resume(world, ask),
        "parallelslic.delete" => FAMILY.delete(world, ask),
        _ => return None,
    })
}
