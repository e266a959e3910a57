//! The `soft` family (seed 001): licenses for panels, bound to an address.

use crate::family::{Family, Field};
use crate::model::{Ask, World};
use crate::service;
use crate::wire::{Answer, Node, Refusal};

/// ISPlicense changes with `soft.edit` what was ordered through `softexternal` (seed 002), so the
/// functions of this prefix find those licenses too.
const FAMILY: Family = Family {
    name: "soft",
    reach: &["soft", "softexternal"],
    fields: &[Field::Name, Field::Ip, Field::RemoteIp, Field::NewKey, Field::ChangeDates],
};

/// Answers a function of this family, or `None` when it belongs elsewhere.
pub(crate) fn answer(world: &mut World, ask: &Ask, func: &str) -> Option<Answer> {
    Some(match func {
        "soft" => FAMILY.list(world, ask),
        "soft.order.param" => FAMILY.order(world, ask),
        "v2.soft.order.param" => order_to_cart(world, ask),
        "soft.edit" => FAMILY.edit(world, ask),
        "soft.checkip" => check_ip(world, ask),
        "soft.suspend" => FAMILY.suspend(world, ask),
        "soft.resume" => FAMILY.resume(world, ask),
        "soft.delete" => FAMILY.delete(world, ask),
        _ => return None,
    })
}

/// `v2.soft.order.param`, of BILLmanager 6's cart (protocol section 3.1): the same order with
/// `order_period` for `period`, with `on` for a renewal by that period, and with a `lineitem.id` in the
/// answer. That this is the item's own number, and that `skipbasket` means the same, is inferred.
fn order_to_cart(world: &mut World, ask: &Ask) -> Answer {
    let period = ask.params.word("order_period").unwrap_or_default();
    let mut params = ask.params.with("period", period);
    if params.word("autoprolong") == Some("on") {
        params = params.with("autoprolong", period);
    }
    let answer = FAMILY.order(world, &Ask { params: &params, ..*ask })?;
    let item = answer.text_of("item.id").map(str::to_owned);
    Ok(match item {
        Some(item) => answer.field("lineitem.id", item),
        None => answer,
    })
}

/// `soft.checkip`: an error when the address is malformed, carries a live license of the same
/// product, or had its trial; anything else means that it may be ordered. Unpaid items take nothing.
///
/// Seed 001's own sample asks with `pricelist=7`, which is a price of seed 003: such a code is asked
/// about as what it was there.
fn check_ip(world: &mut World, ask: &Ask) -> Answer {
    let plan = FAMILY.plan(world, ask).or_else(|refusal| {
        let old = world.plan("software", service::plan_code(ask)?);
        old.ok_or(refusal)
    })?;
    let period = service::period(ask, plan.periods.first().copied().unwrap_or(1))?;
    let ip = ask.params.word("ip").ok_or_else(|| Refusal::missed("ip", ""))?;
    let ip = World::check_ip_form("ip", ip)?;
    world.check_free(&ip, &plan, None)?;
    world.check_trial(&ip, &plan, period)?;
    Ok(Node::doc().ok())
}
