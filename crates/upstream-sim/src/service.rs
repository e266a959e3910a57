//! Functions that work on a service of any family: finding it by `elid`, renewing it, changing its
//! tariff, paying for it, and the price list. The family files use these for their own prefixes.

use crate::catalogue::{self, Plan};
use crate::model::{Addons, Ask, LIFETIME, LicenseView, Status, TRIAL, TRIAL_DAYS, World};
use crate::wire::{self, Answer, Generation, Lang, Node, Refusal};

/// Answers a function of this file, or `None` when it belongs elsewhere.
pub(crate) fn answer(world: &mut World, ask: &Ask, func: &str) -> Option<Answer> {
    Some(match func {
        "service.prolong" => prolong(world, ask),
        "service.changepricelist" => change_plan(world, ask),
        "payment.add" => pay(world, ask),
        "basket" => basket(world, ask),
        "pricelist.export" => Ok(export(world, ask)),
        _ => return None,
    })
}

/// The one service that `elid` names. An empty `elid` names nothing: a public client sends it by
/// mistake, and guessing would be worse than refusing.
pub(crate) fn elid(ask: &Ask) -> Result<u64, Refusal> {
    let text = ask.params.word("elid").ok_or_else(|| Refusal::missed("elid", ""))?;
    text.parse().map_err(|_| Refusal::missed("elid", text))
}

/// A license that functions of these families find by its number.
pub(crate) fn find<'a>(
    world: &'a World,
    ask: &Ask,
    reach: &[&str],
    id: u64,
) -> Result<&'a LicenseView, Refusal> {
    let license = world.license(ask.user, id)?;
    if !reach.contains(&license.family.as_str()) {
        return Err(Refusal::missed("elid", id));
    }
    Ok(license)
}

/// A license that the functions of all services find: one of the old generation has functions of its
/// own, with other periods. Whether the vendor mixes them is unknown.
fn modern<'a>(world: &'a World, ask: &Ask, id: u64) -> Result<&'a LicenseView, Refusal> {
    let license = world.license(ask.user, id)?;
    if Generation::of(&license.family) == Generation::Four {
        return Err(Refusal::missed("elid", id));
    }
    Ok(license)
}

/// The services that `elid` names for a group function, all of them existing.
fn elids(world: &World, ask: &Ask, reach: &[&str]) -> Result<Vec<u64>, Refusal> {
    let text = ask.params.word("elid").ok_or_else(|| Refusal::missed("elid", ""))?;
    let mut ids = Vec::new();
    for part in text.split(',').map(str::trim) {
        let id = part.parse().map_err(|_| Refusal::missed("elid", part))?;
        ids.push(find(world, ask, reach, id)?.id);
    }
    Ok(ids)
}

/// `<family>.suspend`: stops services; stopping a stopped one is a success without effect.
pub(crate) fn suspend(world: &mut World, ask: &Ask, reach: &[&str]) -> Answer {
    let ids = elids(world, ask, reach)?;
    for id in &ids {
        if !world.license(ask.user, *id)?.status.is_live() {
            return Err(Refusal::access("elid", id, "the service is not active"));
        }
    }
    for id in ids {
        let license = world.license_mut(id)?;
        if license.status == Status::Active {
            license.status = Status::Suspended;
            license.suspended = Some(ask.now);
        }
    }
    Ok(Node::doc().ok())
}

/// `<family>.resume`: starts services again; one that ran out has to be renewed instead.
pub(crate) fn resume(world: &mut World, ask: &Ask, reach: &[&str]) -> Answer {
    let ids = elids(world, ask, reach)?;
    for id in &ids {
        let license = world.license(ask.user, *id)?;
        if !license.status.is_live() {
            return Err(Refusal::access("elid", id, "the service is not active"));
        }
        if license.status == Status::Suspended && license.expires <= ask.today() {
            return Err(Refusal::access("elid", id, "the service has expired, prolong it"));
        }
    }
    for id in ids {
        let license = world.license_mut(id)?;
        license.status = Status::Active;
        license.suspended = None;
    }
    Ok(Node::doc().ok())
}

/// `<family>.delete`: removes services for good, without giving money back. What becomes of the
/// modules of a license is unknown: here they stay, and can be deleted by themselves.
pub(crate) fn delete(world: &mut World, ask: &Ask, reach: &[&str]) -> Answer {
    for id in elids(world, ask, reach)? {
        world.license_mut(id)?.status = Status::Deleted;
    }
    Ok(Node::doc().ok())
}

/// The day a service runs out, as an answer shows it.
pub(crate) fn expiry(world: &World, ask: &Ask, license: &LicenseView) -> String {
    if license.is_lifetime() && license.status != Status::Ordered {
        return world.config.lifetime_expiredate.clone();
    }
    ask.date(license.expires)
}

/// `service.prolong`: what it would do, or with `sok` doing it.
fn prolong(world: &mut World, ask: &Ask) -> Answer {
    let id = elid(ask)?;
    let license = modern(world, ask, id)?.clone();
    let period = period(ask, license.period)?;
    if ask.params.confirmed() {
        let expires = world.prolong(ask, id, period)?;
        let expires = ask.date(expires);
        // One public client reads the date flat, the vendor's own module reads it nested.
        return Ok(Node::doc()
            .field("elid", id)
            .field("newexpiredate", &expires)
            .with(Node::doc().field("newexpiredate", &expires))
            .ok());
    }
    let (cost, expires) = world.prolonged(ask, id, period)?;
    let plan = world.plan_of(&license)?;
    let expires = ask.date(expires);
    Ok(Node::form()
        .field("elid", id)
        .field("title_name", format!("{} #{id}", plan.name))
        .field("expiredate", ask.date(license.expires))
        .field("newexpiredate", &expires)
        .with(Node::doc().field("newexpiredate", &expires))
        .field("status", license.status.code())
        .field("period", period)
        .field("cost", wire::amount(cost))
        .with(periods(&plan, ask.lang)))
}

/// The `period` of the call, or else that of the service.
pub(crate) fn period(ask: &Ask, current: i32) -> Result<i32, Refusal> {
    match ask.params.word("period") {
        None => Ok(current),
        Some(text) => ask
            .params
            .number("period")
            .ok_or_else(|| Refusal::value("period", text, "not a number")),
    }
}

/// `service.changepricelist`: the possible tariffs, or with `sok` the change to one of them.
fn change_plan(world: &mut World, ask: &Ask) -> Answer {
    let id = elid(ask)?;
    let license = modern(world, ask, id)?.clone();
    let old = world.plan_of(&license)?;
    if !ask.params.confirmed() {
        let mut tariffs = Node::new("slist").attribute("name", "pricelist");
        for plan in world.offers(ask.user) {
            let other = plan.code != old.code || license.period == TRIAL;
            let same = plan.family == old.family && plan.product == old.product;
            if same && other && !plan.is_trial() && plan.orderable {
                tariffs.push(Node::text("val", &plan.name).attribute("key", plan.code));
            }
        }
        return Ok(Node::form().field("elid", id).field("pricelist", old.code).with(tariffs));
    }
    let code = plan_code(ask)?;
    let plan = world.offer(ask.user, &license.family, code);
    let plan = plan.ok_or_else(|| Refusal::missed("pricelist", code))?;
    let current = if license.period == TRIAL { 1 } else { license.period };
    let period = period(ask, current)?;
    let addons = addons(ask, &plan, &plan.base_addons())?;
    let expires = world.change_plan(ask, id, code, period, addons)?;
    Ok(Node::doc()
        .field("elid", id)
        .field("pricelist", code)
        .field("period", period)
        .field("expiredate", ask.date(expires))
        .ok())
}

/// The `pricelist` of the call.
pub(crate) fn plan_code(ask: &Ask) -> Result<u32, Refusal> {
    let text = ask.params.word("pricelist").ok_or_else(|| Refusal::missed("pricelist", ""))?;
    ask.params.number("pricelist").ok_or_else(|| Refusal::missed("pricelist", text))
}

/// The add-on counts of the call over the ones there are. A count includes the base, so it cannot be
/// below it; an add-on of another plan is refused rather than ignored, for it is a client's mistake.
pub(crate) fn addons(ask: &Ask, plan: &Plan, current: &Addons) -> Result<Addons, Refusal> {
    let mut addons = current.clone();
    for (code, text) in ask.params.addons().filter(|(_, text)| !text.is_empty()) {
        let name = format!("addon_{code}");
        let known = plan.addons.iter().find(|addon| addon.code.to_string() == code);
        let known = known.ok_or_else(|| Refusal::value(&name, text, "no such add-on"))?;
        let count: u32 =
            text.parse().map_err(|_| Refusal::value(&name, text, "not a whole number"))?;
        if count < known.base || count > 1_000 {
            let why = format!("must be between {} and 1000", known.base);
            return Err(Refusal::value(&name, text, &why));
        }
        addons.insert(known.code, count);
    }
    Ok(addons)
}

/// The `autoprolong` of the call: a period, or `null` for none. A plan that renews by its own period
/// takes any other for none, without a word.
pub(crate) fn autoprolong(
    ask: &Ask,
    plan: &Plan,
    period: i32,
    current: Option<i32>,
) -> Result<Option<i32>, Refusal> {
    match ask.params.word("autoprolong") {
        None => Ok(current),
        Some("null" | "off") => Ok(None),
        Some(text) => match ask.params.number("autoprolong") {
            Some(asked) if plan.renews_by_its_period && asked != period => Ok(None),
            Some(asked) if asked > 0 && plan.periods.contains(&asked) => Ok(Some(asked)),
            _ => Err(Refusal::value("autoprolong", text, "not sold for this period")),
        },
    }
}

pub(crate) fn autoprolong_text(autoprolong: Option<i32>) -> String {
    autoprolong.map_or_else(|| "null".to_owned(), |period| period.to_string())
}

/// The choice of periods in a form.
pub(crate) fn periods(plan: &Plan, lang: Lang) -> Node {
    let mut list = Node::new("slist").attribute("name", "period");
    for period in &plan.periods {
        list.push(Node::text("val", period_text(*period, lang)).attribute("key", period));
    }
    list
}

/// A period for people.
pub(crate) fn period_text(period: i32, lang: Lang) -> String {
    match (period, lang) {
        (TRIAL, Lang::En) => "Trial".to_owned(),
        (TRIAL, Lang::Ru) => "Пробный".to_owned(),
        (LIFETIME, Lang::En) => "Lifetime".to_owned(),
        (LIFETIME, Lang::Ru) => "Навсегда".to_owned(),
        (1, Lang::En) => "Month".to_owned(),
        (1, Lang::Ru) => "Месяц".to_owned(),
        (12, Lang::En) => "Year".to_owned(),
        (12, Lang::Ru) => "Год".to_owned(),
        (months, Lang::En) => format!("{months} months"),
        (months, Lang::Ru) => format!("{months} мес."),
    }
}

/// `payment.add`: pays an item of the basket from the balance, once.
fn pay(world: &mut World, ask: &Ask) -> Answer {
    let text = ask.params.word("billorder").ok_or_else(|| Refusal::missed("billorder", ""))?;
    let billorder = ask.params.number("billorder");
    let billorder: u64 = billorder.ok_or_else(|| Refusal::missed("billorder", text))?;
    let id = world.by_billorder(ask.user, billorder)?;
    let license = world.license(ask.user, id)?.clone();
    let plan = world.plan_of(&license)?;
    let cost = plan.cost(license.period, &license.addons).unwrap_or(0);
    if !ask.params.confirmed() {
        return Ok(Node::form()
            .field("billorder", billorder)
            .field("amount", wire::amount(cost))
            .field("currency", world.currency(ask.user)));
    }
    if let Some(button) = ask.params.word("clicked_button")
        && button != "fromsubaccount"
    {
        return Err(Refusal::value("clicked_button", button, "pay from the balance only"));
    }
    world.activate(ask, id)?;
    Ok(Node::doc().field("billorder", billorder).field("item.id", id).ok())
}

/// `basket`: unpaid items; with `clicked_button=delete` and `sok` it throws one away.
fn basket(world: &mut World, ask: &Ask) -> Answer {
    if ask.params.word("clicked_button") == Some("delete") && ask.params.confirmed() {
        let text = ask.params.word("id").ok_or_else(|| Refusal::missed("id", ""))?;
        let id: u64 = text.parse().map_err(|_| Refusal::missed("id", text))?;
        let license = world.license(ask.user, id)?;
        if license.status != Status::Ordered {
            return Err(Refusal::access("id", id, "the order is already paid"));
        }
        world.license_mut(id)?.status = Status::Deleted;
        return Ok(Node::doc().ok());
    }
    let mut doc = Node::list("basket");
    let unpaid = world
        .books
        .licenses
        .values()
        .filter(|license| license.status == Status::Ordered && license.user == ask.user);
    for license in unpaid {
        let plan = world.plan_of(license)?;
        let cost = plan.cost(license.period, &license.addons).unwrap_or(0);
        let mut row = Node::new("elem")
            .field("id", license.id)
            .field("billorder", license.billorder)
            .field("name", &plan.name)
            .field("pricelist_id", license.plan)
            .field("period", license.period)
            .field("licname", &license.licname)
            .field("ip", &license.ip)
            .field("createdate", ask.date_time(license.created))
            .field("cost", wire::amount(cost));
        if world.config.list_shows_remoteid {
            row.push(Node::text("remoteid", &license.remoteid));
        }
        doc.push(row);
    }
    Ok(doc)
}

/// What a service costs for its period, for people and for programs.
pub(crate) fn cost(world: &World, ask: &Ask, license: &LicenseView) -> (String, String) {
    let plan = world.plan_of(license).ok();
    let cost = plan.and_then(|plan| plan.cost(license.period, &license.addons)).unwrap_or(0);
    let text = wire::money_text(cost, &world.currency(ask.user), ask.lang);
    (format!("{text} / {}", period_text(license.period, ask.lang)), wire::amount(cost))
}

/// `pricelist.export`: the catalogue with costs, open to everybody (seed 004). `itemtype` picks a
/// family; modules carry the name that panels know them by in `additionintname` too. The names that
/// are not in the seed or on an older page are inferred.
fn export(world: &World, ask: &Ask) -> Node {
    let currency = world.currency(ask.user);
    let mut doc = Node::doc();
    for plan in world.offers(ask.user) {
        let wanted = ask.params.word("itemtype").is_none_or(|kind| kind == plan.family);
        let only = ask.params.word("onlyavailable").is_some_and(|only| only != "off");
        let available = !only || plan.orderable;
        if !(wanted && available) {
            continue;
        }
        let mut price = Node::new("price").attribute("currency", &currency);
        for period in &plan.periods {
            let cost = plan.cost(*period, &plan.base_addons()).unwrap_or(0);
            price.push(price_of(*period, cost, ask.lang));
        }
        let mut row = Node::new("pricelist")
            .field("id", plan.code)
            .field("name", &plan.name)
            .field("intname", &plan.intname);
        if plan.family == "addition" {
            row.push(Node::text("additionintname", &plan.intname));
        }
        row = row.field("itemtype", &plan.family).with(price);
        for addon in &plan.addons {
            let mut price = Node::new("price").attribute("currency", &currency);
            for period in &plan.periods {
                let months = catalogue::months_paid(*period).unwrap_or(0);
                let cost = addon.month_cost.saturating_mul(months);
                price.push(price_of(*period, cost, ask.lang));
            }
            row.push(
                Node::new("addon")
                    .field("id", addon.code)
                    .field("name", &addon.name)
                    .field("intname", addon.name.replace(' ', "_"))
                    .field("addontype", 2)
                    .field("addonmin", addon.base)
                    .with(price),
            );
        }
        doc.push(row);
    }
    doc
}

/// One `period` of a price. The shapes of a trial's and of a lifetime's period are inferred.
fn price_of(period: i32, cost: i64, lang: Lang) -> Node {
    let (kind, length) = match period {
        TRIAL => ("trial", TRIAL_DAYS),
        LIFETIME => ("lifetime", 0),
        months => ("month", i64::from(months)),
    };
    Node::text("period", period_text(period, lang))
        .attribute("cost", wire::amount(cost))
        .attribute("type", kind)
        .attribute("length", length)
}
