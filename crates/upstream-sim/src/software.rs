//! The `software` family (seed 003, protocol section 3.2): the functions of 2009.
//!
//! They differ from all others: a plan is a `price`, a period is a code that belongs to one price,
//! the list is narrowed by a filter that the vendor remembers, there is no basket, and errors are
//! numbers ([`crate::wire::Generation::Four`]). There is no reference of the client's either: what an
//! unanswered call did can only be seen by address, name and date.
//!
//! The seed shows the list, the filter, order, check, change and renewal. `software.enable` and
//! `software.disable` are what a public client calls; `software.delete`, the fields of the list and
//! what a call without `sok` shows are inferred.

use std::collections::BTreeMap;

use time::Date;

use crate::catalogue::Plan;
use crate::family;
use crate::model::{Ask, Expiring, LicenseView, NewLicense, World};
use crate::service;
use crate::wire::{self, Answer, Node, Refusal};

const FAMILY: &str = "software";

/// Answers a function of this family, or `None` when it belongs elsewhere.
pub(crate) fn answer(world: &mut World, ask: &Ask, func: &str) -> Option<Answer> {
    Some(match func {
        "software" => list(world, ask),
        "software.filter" => filter(world, ask),
        // An empty number is a client's mistake, and no order.
        "software.edit" if ask.params.sent("elid").is_some() => edit(world, ask),
        "software.edit" => order(world, ask),
        "software.licinfo" => check(world, ask),
        "software.period" => renew(world, ask),
        "software.enable" => confirmed(world, ask, service::resume),
        "software.disable" => confirmed(world, ask, service::suspend),
        "software.delete" => confirmed(world, ask, service::delete),
        _ => return None,
    })
}

/// A license of this family by the `elid` of the call.
fn find(world: &World, ask: &Ask) -> Result<LicenseView, Refusal> {
    let id = service::elid(ask)?;
    service::find(world, ask, &[FAMILY], id).cloned()
}

/// A group function with `sok`; without, the view of its one license.
fn confirmed(world: &mut World, ask: &Ask, act: fn(&mut World, &Ask, &[&str]) -> Answer) -> Answer {
    if ask.params.confirmed() {
        return act(world, ask, &[FAMILY]);
    }
    let license = find(world, ask)?;
    Ok(form(world, ask, &license))
}

/// The plan and the period of the call. A period of another price is a wrong value of `period`.
fn price_and_period(world: &World, ask: &Ask) -> Result<(Plan, i32), Refusal> {
    let text = ask.params.word("price").ok_or_else(|| Refusal::value("price", "", "missing"))?;
    let code = ask.params.number("price").ok_or_else(|| Refusal::missed("price", text))?;
    let plan = world.offer(ask.user, FAMILY, code);
    let plan = plan.ok_or_else(|| Refusal::missed("price", code))?;
    let period = period(ask, &plan)?;
    Ok((plan, period))
}

fn period(ask: &Ask, plan: &Plan) -> Result<i32, Refusal> {
    let text = ask.params.word("period").ok_or_else(|| Refusal::value("period", "", "missing"))?;
    let period = ask.params.number("period").and_then(|code| plan.period_of(code));
    period.ok_or_else(|| Refusal::value("period", text, "not a period of this price"))
}

fn period_code(plan: &Plan, period: i32) -> String {
    plan.period_codes.get(&period).map(u32::to_string).unwrap_or_default()
}

fn address(ask: &Ask) -> Result<Option<String>, Refusal> {
    ask.params.word("ip").map(|ip| World::check_ip_form("ip", ip)).transpose()
}

/// `software.edit` without `elid`: the form, or with `sok` an order, paid from the account at once.
fn order(world: &mut World, ask: &Ask) -> Answer {
    let (plan, period) = price_and_period(world, ask)?;
    let ip = address(ask)?;
    if !ask.params.confirmed() {
        let cost = plan.cost(period, &plan.base_addons()).unwrap_or(0);
        return Ok(Node::form()
            .field("price", plan.code)
            .field("pricename", &plan.name)
            .field("period", period_code(&plan, period))
            .field("licname", ask.params.get("licname").unwrap_or_default())
            .field("ip", ip.unwrap_or_default())
            .field("cost", wire::amount(cost)));
    }
    if !plan.orderable {
        return Err(Refusal::access("price", plan.code, "this product is not sold any more"));
    }
    let new = NewLicense {
        family: FAMILY.to_owned(),
        plan: plan.code,
        period,
        ip: ip.ok_or_else(|| Refusal::value("ip", "", "missing"))?,
        remoteip: String::new(),
        licname: ask.params.get("licname").unwrap_or_default().to_owned(),
        remoteid: String::new(),
        autoprolong: None,
        addons: plan.base_addons(),
        comment: String::new(),
        item: None,
        details: BTreeMap::new(),
    };
    let (id, _) = world.order(ask, &new, true)?;
    if ask.twists.duplicate {
        // The client is never told, and a second refusal changes nothing for the first.
        let _ = world.order(ask, &new, true);
    }
    Ok(Node::doc().field("id", id).ok())
}

/// `software.edit` with `elid`: the view, or with `sok` a change of address, name or both; what is not
/// sent stays.
fn edit(world: &mut World, ask: &Ask) -> Answer {
    let license = find(world, ask)?;
    if !ask.params.confirmed() {
        return Ok(form(world, ask, &license));
    }
    let new_ip = address(ask)?.filter(|ip| *ip != license.ip);
    if let Some(ip) = &new_ip {
        if !world.config.ip_changes.allows(license.ip_changed, ask.today()) {
            return Err(Refusal::too_soon("ip", ip));
        }
        if world.config.refuse_taken_ip {
            let plan = world.plan_of(&license)?;
            world.check_free(ip, &plan, Some(license.id))?;
        }
    }
    let license = world.license_mut(license.id)?;
    if let Some(name) = ask.params.sent("licname") {
        name.trim().clone_into(&mut license.licname);
    }
    if let Some(ip) = new_ip {
        license.ip = ip;
        license.ip_changed = Some(ask.today());
    }
    Ok(Node::doc().ok())
}

fn form(world: &World, ask: &Ask, license: &LicenseView) -> Node {
    fields(world, ask, license, Node::form().field("elid", license.id))
}

/// The fields of the list and of the view.
fn fields(world: &World, ask: &Ask, license: &LicenseView, node: Node) -> Node {
    let (name, code) = match world.plan_of(license) {
        Ok(plan) => (plan.name.clone(), period_code(&plan, license.period)),
        Err(_) => (String::new(), String::new()),
    };
    let (_, cost) = service::cost(world, ask, license);
    node.field("id", license.id)
        .field("licname", &license.licname)
        .field("ip", &license.ip)
        .field("price", license.plan)
        .field("pricename", name)
        .field("period", code)
        .field("createdate", ask.date(license.created.date()))
        .field("expiredate", service::expiry(world, ask, license))
        .field("status", license.shown_status(ask.now, ask.lang).0)
        .field("cost", cost)
}

/// `software`: the list, narrowed by the filter that the user has set last.
fn list(world: &mut World, ask: &Ask) -> Answer {
    let filter = world.books.filters.get(ask.user).copied().unwrap_or_default();
    let mut doc = Node::list("software");
    for license in family::listed(world, ask, FAMILY)? {
        if filter.takes(license.expires) {
            doc.push(fields(world, ask, &license, Node::new("elem")));
        }
    }
    Ok(doc)
}

/// `software.filter`: the filter as it is, or with `sok` a new one for every list from now on. Both
/// days belong to it, either may be left open, and with neither the list is whole again.
fn filter(world: &mut World, ask: &Ask) -> Answer {
    if !ask.params.confirmed() {
        let filter = world.books.filters.get(ask.user).copied().unwrap_or_default();
        return Ok(Node::form()
            .field("expires", filter.from.map(wire::date).unwrap_or_default())
            .field("expiree", filter.until.map(wire::date).unwrap_or_default()));
    }
    let filter = Expiring { from: day(ask, "expires")?, until: day(ask, "expiree")? };
    world.books.filters.insert(ask.user.to_owned(), filter);
    world.touch();
    Ok(Node::doc().ok())
}

fn day(ask: &Ask, name: &str) -> Result<Option<Date>, Refusal> {
    let Some(text) = ask.params.word(name) else { return Ok(None) };
    let day = wire::read_date(text);
    day.map(Some).ok_or_else(|| Refusal::value(name, text, "not a date like 2009-10-15"))
}

/// `software.licinfo`: an error when the address is malformed, taken by a license of the same product,
/// or had its trial.
fn check(world: &mut World, ask: &Ask) -> Answer {
    let (plan, period) = price_and_period(world, ask)?;
    let ip = address(ask)?.ok_or_else(|| Refusal::value("ip", "", "missing"))?;
    world.check_free(&ip, &plan, None)?;
    world.check_trial(&ip, &plan, period)?;
    Ok(Node::doc().ok())
}

/// `software.period`: what a renewal would cost, or with `sok` the renewal. The fields are those of a
/// recorded form.
fn renew(world: &mut World, ask: &Ask) -> Answer {
    let license = find(world, ask)?;
    let plan = world.plan_of(&license)?;
    if !plan.renewable {
        return Err(Refusal::access("price", plan.code, "this product is not renewed any more"));
    }
    if ask.params.confirmed() {
        let period = period(ask, &plan)?;
        world.prolong(ask, license.id, period)?;
        return Ok(Node::doc().ok());
    }
    let period = match ask.params.word("period") {
        Some(_) => period(ask, &plan)?,
        None => license.period,
    };
    let (cost, _) = world.prolonged(ask, license.id, period)?;
    Ok(Node::form()
        .field("elid", license.id)
        .field("cost", wire::amount(cost))
        .field("expiredate", service::expiry(world, ask, &license))
        .field("ip", &license.ip)
        .field("licname", &license.licname)
        .field("payfrom", "account")
        .field("period", period_code(&plan, period))
        .field("pricename", &plan.name))
}
