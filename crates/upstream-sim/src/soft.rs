//! The `soft` family: licenses for panels, bound to an address.

use crate::model::{Ask, LicenseView, NewLicense, Plan, Status, World, same_month};
use crate::service;
use crate::wire::{self, Answer, Node, Refusal};

/// The prefix of this family's functions, and the name of its list.
const FAMILY: &str = "soft";

/// Answers a function of this family, or `None` when it belongs elsewhere.
pub(crate) fn answer(world: &mut World, ask: &Ask, func: &str) -> Option<Answer> {
    Some(match func {
        "soft" => list(world, ask),
        "soft.order.param" => order(world, ask),
        "soft.edit" => edit(world, ask),
        "soft.checkip" => check_ip(world, ask),
        "soft.suspend" => service::suspend(world, ask),
        "soft.resume" => service::resume(world, ask),
        "soft.delete" => service::delete(world, ask),
        _ => return None,
    })
}

/// The plan that the call names, if this family sells it.
fn plan(world: &World, ask: &Ask) -> Result<Plan, Refusal> {
    let code = service::plan_code(ask)?;
    let plan = world.plan(code).filter(|plan| plan.family == FAMILY);
    plan.ok_or_else(|| Refusal::missed("pricelist", code))
}

/// `soft.order.param`: the form, or with `sok` an order.
///
/// With `skipbasket=on` it is paid and active at once; without, it is an unpaid item of the basket.
fn order(world: &mut World, ask: &Ask) -> Answer {
    let plan = plan(world, ask)?;
    let first_period = plan.periods.first().copied().unwrap_or(1);
    let period = service::period(ask, first_period)?;
    let addons = service::addons(ask, &plan, &plan.base_addons())?;
    let autoprolong = service::autoprolong(ask, &plan, None)?;
    if !ask.params.confirmed() {
        let mut form = Node::doc()
            .field("pricelist", plan.code)
            .field("pricelist_name", &plan.name)
            .field("period", period)
            .field("ip", ask.params.get("ip").unwrap_or_default())
            .field("licname", ask.params.get("licname").unwrap_or_default())
            .field("autoprolong", autoprolong_text(autoprolong));
        for (code, count) in &addons {
            form.push(Node::text(format!("addon_{code}"), count));
        }
        let cost = plan.cost(period, &addons).unwrap_or(0);
        form.push(Node::text("cost", wire::amount(cost)));
        form.push(service::periods(&plan, ask.lang));
        return Ok(form);
    }

    if !plan.orderable {
        return Err(Refusal::access("pricelist", plan.code, "this tariff is not sold any more"));
    }
    let pay = ask.params.get("skipbasket").is_some_and(|value| value != "off");
    if !pay && !world.config.basket {
        return Err(Refusal::value("skipbasket", "off", "the basket is not available"));
    }
    let ip = ask.params.get("ip").ok_or_else(|| Refusal::missed("ip", ""))?;
    let new = NewLicense {
        family: FAMILY,
        plan: plan.code,
        period,
        ip: World::check_ip_form(ip)?,
        remoteip: ask.params.get("remoteip").unwrap_or_default().to_owned(),
        licname: licname(ask)?.unwrap_or_default().to_owned(),
        remoteid: ask.params.get("remoteid").unwrap_or_default().to_owned(),
        autoprolong,
        addons,
    };
    let (id, billorder) = world.order(ask, &new, pay)?;
    if ask.twists.duplicate {
        // The client is never told, and a second refusal changes nothing for the first.
        let _ = world.order(ask, &new, pay);
    }
    Ok(Node::doc().field("id", id).field("item.id", id).field("billorder.id", billorder).ok())
}

fn licname<'a>(ask: &'a Ask) -> Result<Option<&'a str>, Refusal> {
    match ask.params.sent("licname").map(str::trim) {
        Some(name) if name.chars().count() > 255 => {
            Err(Refusal::value("licname", name, "longer than 255 characters"))
        }
        name => Ok(name),
    }
}

fn autoprolong_text(autoprolong: Option<i32>) -> String {
    autoprolong.map_or_else(|| "null".to_owned(), |period| period.to_string())
}

/// `soft`: the list of licenses and unpaid items, oldest first.
///
/// `p_cnt` is the size of a page and `p_num` its number from one; `p_elems` is the whole count.
/// With `filter=on` the fields `id`, `ip`, `licname` and `remoteid` must equal what is asked for.
/// `createdate` has a time of day: inferred, for no public sample shows one.
fn list(world: &mut World, ask: &Ask) -> Answer {
    let config = &world.config;
    // The account's own size is the most that a page ever has, whatever is asked for.
    let asked: Option<usize> = ask.params.number("p_cnt");
    let size = match (asked, config.page_size) {
        (Some(asked), Some(most)) => Some(asked.min(most)),
        (asked, most) => asked.or(most),
    };
    let page = ask.params.number("p_num").unwrap_or(1_usize).max(1);
    let with_remoteid = config.list_shows_remoteid;
    let mut rows = Vec::new();
    let mut lagging = Vec::new();
    for license in world.books.licenses.values() {
        let listed = license.family == FAMILY
            && license.user == ask.user
            && license.status != Status::Deleted;
        if !listed {
            continue;
        }
        if license.unlisted > 0 || license.listed_from > ask.now {
            lagging.push(license.id);
        } else if passes_filter(ask, license, with_remoteid) {
            rows.push(row(world, ask, license, with_remoteid));
        }
    }
    for id in lagging {
        let license = world.license_mut(id)?;
        license.unlisted = license.unlisted.saturating_sub(1);
    }
    let total = rows.len();
    let size = size.filter(|size| *size > 0).unwrap_or(total.max(1));
    let mut doc = Node::doc();
    for row in rows.into_iter().skip(size.saturating_mul(page - 1)).take(size) {
        doc.push(row);
    }
    Ok(doc.field("p_num", page).field("p_cnt", size).field("p_elems", total))
}

fn passes_filter(ask: &Ask, license: &LicenseView, with_remoteid: bool) -> bool {
    if ask.params.get("filter").is_none() {
        return true;
    }
    let equals = |name: &str, value: &str| ask.params.get(name).is_none_or(|asked| asked == value);
    equals("id", &license.id.to_string())
        && equals("ip", &license.ip)
        && equals("licname", &license.licname)
        && (!with_remoteid || equals("remoteid", &license.remoteid))
}

fn row(world: &World, ask: &Ask, license: &LicenseView, with_remoteid: bool) -> Node {
    let plan = world.plan(license.plan);
    let (cost, item_cost) = service::cost(world, ask, license);
    let mut row = Node::new("elem")
        .field("id", license.id)
        .field("licname", &license.licname)
        .field("ip", &license.ip)
        .field("period", license.period)
        .field("pricelist", plan.map(|plan| plan.name).unwrap_or_default())
        .field("pricelist_id", license.plan)
        .field("createdate", ask.date_time(license.created))
        .field("expiredate", ask.date(license.expires))
        .field("autoprolong", autoprolong_text(license.autoprolong))
        .with(
            Node::text("item_status", license.status.text(ask.lang))
                .attribute("orig", license.status.code()),
        )
        .field("status", license.status.code())
        .field("cost", cost)
        .field("item_cost", item_cost);
    if with_remoteid {
        row.push(Node::text("remoteid", &license.remoteid));
    }
    row
}

/// `soft.edit`: the view, or with `sok` a change. Both answer with the fields of the form.
///
/// Everything is checked before anything is written. The address and the key may each be changed
/// once a calendar month; an address that is sent unchanged is no change.
fn edit(world: &mut World, ask: &Ask) -> Answer {
    let id = service::elid(ask)?;
    let license = world.license(ask.user, id)?.clone();
    if !ask.params.confirmed() {
        return form(world, ask, id);
    }

    let plan = world.plan_of(&license)?;
    let addons = service::addons(ask, &plan, &license.addons)?;
    let autoprolong = service::autoprolong(ask, &plan, license.autoprolong)?;
    let name = licname(ask)?;
    let new_ip = match ask.params.get("ip") {
        Some(ip) => Some(World::check_ip_form(ip)?).filter(|ip| *ip != license.ip),
        None => None,
    };
    let paid = license.status.is_live();
    if let Some(ip) = &new_ip {
        let recent = license.ip_changed.is_some_and(|last| same_month(last, ask.today()));
        if paid && recent {
            return Err(Refusal::too_soon("ip", ip));
        }
        if world.config.refuse_taken_ip {
            world.check_free(ip, &plan, Some(id))?;
        }
    }
    let new_key = ask.params.get("clicked_button") == Some("newkey");
    if new_key {
        if !paid {
            return Err(Refusal::access("elid", id, "the service is not active"));
        }
        if license.key_changed.is_some_and(|last| same_month(last, ask.today())) {
            return Err(Refusal::too_soon("lickey", &license.key));
        }
    }
    let cost = world.addon_cost(ask, &license, &addons);
    world.charge_addons(ask, id, cost)?;

    let key = if new_key { Some(world.new_key(id)) } else { None };
    let license = world.license_mut(id)?;
    license.addons = addons;
    license.autoprolong = autoprolong;
    if let Some(name) = name {
        name.clone_into(&mut license.licname);
    }
    if let Some(remoteid) = ask.params.sent("remoteid") {
        remoteid.trim().clone_into(&mut license.remoteid);
    }
    if let Some(remoteip) = ask.params.sent("remoteip") {
        remoteip.trim().clone_into(&mut license.remoteip);
    }
    if let Some(ip) = new_ip {
        license.ip = ip;
        if paid {
            license.ip_changed = Some(ask.today());
        }
    }
    if let Some(key) = key {
        license.key = key;
        license.key_changed = Some(ask.today());
    }
    Ok(form(world, ask, id)?.ok())
}

/// The fields of the form. `pricelist` is the code here and the name in the list.
fn form(world: &mut World, ask: &Ask, id: u64) -> Answer {
    let mut license = world.license(ask.user, id)?.clone();
    if license.key_empty_views > 0 {
        world.license_mut(id)?.key_empty_views -= 1;
        license.key.clear();
    }
    let plan = world.plan_of(&license)?;
    let (cost, item_cost) = service::cost(world, ask, &license);
    let mut form = Node::doc()
        .field("elid", id)
        .field("id", id)
        .field("name", format!("{} #{id}", plan.name))
        .field("licname", &license.licname)
        .field("ip", &license.ip)
        .field("remoteip", &license.remoteip);
    if world.config.view_shows_remoteid {
        form.push(Node::text("remoteid", &license.remoteid));
    }
    form = form
        .field("lickey", &license.key)
        .field("pricelist", license.plan)
        .field("pricelist_id", license.plan)
        .field("pricelist_name", &plan.name)
        .field("period", license.period)
        .field("autoprolong", autoprolong_text(license.autoprolong))
        .field("status", license.status.code())
        .with(
            Node::text("item_status", license.status.text(ask.lang))
                .attribute("orig", license.status.code()),
        )
        .field("createdate", ask.date_time(license.created))
        .field("expiredate", ask.date(license.expires))
        .field("ip_change_date", ask.date_or_empty(license.ip_changed))
        .field("lickey_change_date", ask.date_or_empty(license.key_changed))
        .field("cost", cost)
        .field("item_cost", item_cost);
    for (code, count) in &license.addons {
        form.push(Node::text(format!("addon_{code}"), count));
    }
    Ok(form)
}

/// `soft.checkip`: an error when the address is malformed, carries a live license of the same
/// product, or had its trial; anything else means that it may be ordered. Unpaid items take nothing.
fn check_ip(world: &mut World, ask: &Ask) -> Answer {
    let plan = plan(world, ask)?;
    let ip = ask.params.get("ip").ok_or_else(|| Refusal::missed("ip", ""))?;
    let ip = World::check_ip_form(ip)?;
    world.check_free(&ip, &plan, None)?;
    world.check_trial(&ip, &plan)?;
    Ok(Node::doc().ok())
}
