//! The `addition` family (seeds 002 and 004, protocol section 3.6): modules for a panel, each ordered
//! for a license that is named by `item`.
//!
//! The vendor's page lists order, renewal and deletion, and neither suspend nor resume nor edit, so
//! those are unknown functions here; a list and a view are inferred, for something must tell a client
//! whether its order arrived.

use crate::family::{Family, Field};
use crate::model::{Ask, World};
use crate::service;
use crate::wire::{Answer, Refusal};

const FAMILY: Family = Family { name: "addition", reach: &["addition"], fields: &[Field::Item] };

/// Answers a function of this family, or `None` when it belongs elsewhere.
pub(crate) fn answer(world: &mut World, ask: &Ask, func: &str) -> Option<Answer> {
    Some(match func {
        "addition" => FAMILY.list(world, ask),
        "addition.order.param" => FAMILY.order(world, ask),
        "addition.edit" => view(world, ask),
        "addition.delete" => FAMILY.delete(world, ask),
        _ => return None,
    })
}

fn view(world: &mut World, ask: &Ask) -> Answer {
    if ask.params.confirmed() {
        return Err(Refusal::missed("func", "addition.edit"));
    }
    let id = service::elid(ask)?;
    FAMILY.form(world, ask, id)
}
