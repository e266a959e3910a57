//! What the function families of the newer generation share: order, list, view and change.
//!
//! The families differ in a few fields, which a [`Family`] names, and in the functions that they
//! have, which each family's own file lists.

use std::collections::BTreeMap;

use crate::catalogue::Plan;
use crate::model::{Ask, LicenseView, NewLicense, Status, World, after};
use crate::service;
use crate::wire::{self, Answer, Node, Refusal};

/// A function family and what its licenses are known by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// The prefix of its functions, and the name of its list.
    pub(crate) name: &'static str,
    /// The families whose licenses its functions find by number.
    pub(crate) reach: &'static [&'static str],
    /// What its licenses have.
    pub(crate) fields: &'static [Field],
}

/// What licenses of a family may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// An address, as `ip`.
    Ip,
    /// An address, as `pa_ip` and in answers as `ip` too.
    PaIp,
    /// Another address that the panel is reached at.
    RemoteIp,
    /// A name, as `licname`.
    Name,
    /// A comment.
    Comment,
    /// The license that a module is for.
    Item,
    /// A key that can be made anew.
    NewKey,
    /// The days of the last changes, in lists.
    ChangeDates,
}

impl Family {
    fn has(&self, field: Field) -> bool {
        self.fields.contains(&field)
    }

    /// The wire's name of the address, where there is one.
    fn address(&self) -> Option<&'static str> {
        if self.has(Field::PaIp) { Some("pa_ip") } else { self.has(Field::Ip).then_some("ip") }
    }

    /// The plan that the call names, if this family has it.
    pub(crate) fn plan(&self, world: &World, ask: &Ask) -> Result<Plan, Refusal> {
        let code = service::plan_code(ask)?;
        world.offer(ask.user, self.name, code).ok_or_else(|| Refusal::missed("pricelist", code))
    }

    pub(crate) fn suspend(&self, world: &mut World, ask: &Ask) -> Answer {
        service::suspend(world, ask, self.reach)
    }

    pub(crate) fn resume(&self, world: &mut World, ask: &Ask) -> Answer {
        service::resume(world, ask, self.reach)
    }

    pub(crate) fn delete(&self, world: &mut World, ask: &Ask) -> Answer {
        service::delete(world, ask, self.reach)
    }

    /// `<family>.order.param`: the form, or with `sok` an order.
    ///
    /// With `skipbasket=on` it is paid and active at once; without, it is an unpaid item of the basket.
    /// Fields that the family does not have are ignored.
    pub(crate) fn order(&self, world: &mut World, ask: &Ask) -> Answer {
        let plan = self.plan(world, ask)?;
        let first_period = plan.periods.first().copied().unwrap_or(1);
        let period = service::period(ask, first_period)?;
        let addons = service::addons(ask, &plan, &plan.base_addons())?;
        let autoprolong = service::autoprolong(ask, &plan, period, None)?;
        if !ask.params.confirmed() {
            return Ok(self.order_form(ask, &plan, period, autoprolong, &addons));
        }

        if !plan.orderable {
            return Err(Refusal::access(
                "pricelist",
                plan.code,
                "this tariff is not sold any more",
            ));
        }
        let pay = ask.params.word("skipbasket").is_some_and(|value| value != "off");
        if !pay && !world.config.basket {
            return Err(Refusal::value("skipbasket", "off", "the basket is not available"));
        }
        let text = |name: &str| ask.params.get(name).unwrap_or_default().to_owned();
        let if_any = |field: Field, name: &str| {
            if self.has(field) { text(name) } else { String::new() }
        };
        let new = NewLicense {
            family: self.name.to_owned(),
            plan: plan.code,
            period,
            ip: self.order_address(ask, &plan)?,
            remoteip: if_any(Field::RemoteIp, "remoteip"),
            licname: self.licname(ask)?.unwrap_or_default().to_owned(),
            remoteid: text("remoteid"),
            autoprolong,
            addons,
            comment: if_any(Field::Comment, "comment"),
            item: if self.has(Field::Item) { item(world, ask, &plan)? } else { None },
            details: details(ask, &plan)?,
        };
        let (id, billorder) = world.order(ask, &new, pay)?;
        if ask.twists.duplicate {
            // The client is never told, and a second refusal changes nothing for the first.
            let _ = world.order(ask, &new, pay);
        }
        Ok(Node::doc().field("id", id).field("item.id", id).field("billorder.id", billorder).ok())
    }

    fn order_form(
        &self,
        ask: &Ask,
        plan: &Plan,
        period: i32,
        autoprolong: Option<i32>,
        addons: &BTreeMap<u32, u32>,
    ) -> Node {
        let mut form = Node::form()
            .field("pricelist", plan.code)
            .field("pricelist_name", &plan.name)
            .field("period", period);
        let mut sent = Vec::new();
        sent.extend(self.address());
        for (field, name) in
            [(Field::Name, "licname"), (Field::Comment, "comment"), (Field::Item, "item")]
        {
            if self.has(field) {
                sent.push(name);
            }
        }
        sent.extend(plan.required.iter().map(String::as_str));
        for name in sent {
            form.push(Node::text(name, ask.params.get(name).unwrap_or_default()));
        }
        form.push(Node::text("autoprolong", service::autoprolong_text(autoprolong)));
        for (code, count) in addons {
            form.push(Node::text(format!("addon_{code}"), count));
        }
        let cost = plan.cost(period, addons).unwrap_or(0);
        form.push(Node::text("cost", wire::amount(cost)));
        form.with(service::periods(plan, ask.lang))
    }

    /// The address of an order: none where the family or the plan has none and none is sent.
    fn order_address(&self, ask: &Ask, plan: &Plan) -> Result<String, Refusal> {
        let Some(name) = self.address() else { return Ok(String::new()) };
        match ask.params.word(name) {
            Some(ip) => World::check_ip_form(name, ip),
            None if plan.needs_address => Err(Refusal::missed(name, "")),
            None => Ok(String::new()),
        }
    }

    /// A name of at most 255 characters, as another vendor's page has it (protocol section 3.4).
    fn licname<'a>(&self, ask: &'a Ask) -> Result<Option<&'a str>, Refusal> {
        if !self.has(Field::Name) {
            return Ok(None);
        }
        match ask.params.sent("licname").map(str::trim) {
            Some(name) if name.chars().count() > 255 => {
                Err(Refusal::value("licname", name, "longer than 255 characters"))
            }
            name => Ok(name),
        }
    }

    /// `<family>`: the list of licenses and unpaid items, oldest first.
    ///
    /// `p_cnt` is the size of a page and `p_num` its number from one; `p_elems` is the whole count.
    /// With `filter=on` the fields `id`, `ip`, `licname`, `comment`, `item` and `remoteid` must equal
    /// what is asked for.
    /// `createdate` has a time of day: inferred, for no public sample shows one.
    pub(crate) fn list(&self, world: &mut World, ask: &Ask) -> Answer {
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
        for license in listed(world, ask, self.name)? {
            if passes_filter(ask, &license, with_remoteid) {
                rows.push(license);
            }
        }
        let total = rows.len();
        let size = size.filter(|size| *size > 0).unwrap_or(total.max(1));
        let mut doc = Node::list(self.name);
        for license in rows.into_iter().skip(size.saturating_mul(page - 1)).take(size) {
            doc.push(self.row(world, ask, &license));
        }
        Ok(doc.field("p_num", page).field("p_cnt", size).field("p_elems", total))
    }

    /// The documented fields of the list of `soft`, for each family those that it has. Its days of
    /// change and its `special_status` say what their names do: inferred, as is a `status_msg` that is
    /// only there for what ran out.
    fn row(&self, world: &World, ask: &Ask, license: &LicenseView) -> Node {
        let plan = world.plan_of(license).ok();
        let (cost, item_cost) = service::cost(world, ask, license);
        let expires = service::expiry(world, ask, license);
        let mut row = Node::new("elem").field("id", license.id);
        row = self.own_fields(row, license);
        row = row
            .field("period", license.period)
            .field("pricelist", plan.map(|plan| plan.name).unwrap_or_default())
            .field("pricelist_id", license.plan)
            .field("createdate", ask.date_time(license.created))
            .field("expiredate", &expires)
            .field("real_expiredate", &expires)
            .field("autoprolong", service::autoprolong_text(license.autoprolong))
            .with(item_status(ask, license))
            .field("status", license.shown_status(ask.now, ask.lang).0)
            .field("cost", cost)
            .field("item_cost", item_cost)
            .field("account", &license.user)
            .field("project", "Simulator")
            .field("datacentername", "")
            .field("processingmodule", "")
            .field("special_status", special_status(ask, license));
        let ran_out = license.status == Status::Suspended && license.expires <= ask.today();
        row.push(Node::text("status_msg", if ran_out { "3_autosuspend" } else { "" }));
        if self.has(Field::Ip) {
            row.push(Node::text("update_expiredate", updates_until(ask, license)));
        }
        if self.has(Field::ChangeDates) {
            row.push(Node::text("real_ipchange", ask.date_or_empty(license.ip_changed)));
            row.push(Node::text("real_keychange", ask.date_or_empty(license.key_changed)));
        }
        if world.config.list_shows_remoteid {
            row.push(Node::text("remoteid", &license.remoteid));
        }
        if world.config.list_shows_lickey {
            let key = if license.is_processing(ask.now) { "" } else { &license.key };
            row.push(Node::text("lickey", key));
        }
        row
    }

    /// Name, addresses, comment and item, as far as the family has them.
    fn own_fields(&self, mut node: Node, license: &LicenseView) -> Node {
        if self.has(Field::Name) {
            node.push(Node::text("licname", &license.licname));
        }
        if self.has(Field::PaIp) {
            node.push(Node::text("pa_ip", &license.ip));
        }
        if self.address().is_some() {
            node.push(Node::text("ip", &license.ip));
        }
        if self.has(Field::RemoteIp) {
            node.push(Node::text("remoteip", &license.remoteip));
        }
        if self.has(Field::Comment) {
            node.push(Node::text("comment", &license.comment));
        }
        if self.has(Field::Item) {
            node.push(Node::text(
                "item",
                license.item.map(|id| id.to_string()).unwrap_or_default(),
            ));
        }
        node
    }

    /// `<family>.edit`: the view, or with `sok` a change. Both answer with the fields of the form.
    ///
    /// Everything is checked before anything is written. The address and the key may each be changed
    /// once in a while; an address that is sent unchanged is no change.
    pub(crate) fn edit(&self, world: &mut World, ask: &Ask) -> Answer {
        let id = service::elid(ask)?;
        let license = service::find(world, ask, self.reach, id)?.clone();
        if !ask.params.confirmed() {
            return self.form(world, ask, id);
        }

        let plan = world.plan_of(&license)?;
        let addons = service::addons(ask, &plan, &license.addons)?;
        let autoprolong = service::autoprolong(ask, &plan, license.period, license.autoprolong)?;
        let name = self.licname(ask)?;
        let new_ip = self.new_address(world, ask, &license, &plan)?;
        let new_key = ask.params.word("clicked_button") == Some("newkey");
        if new_key {
            self.check_new_key(world, ask, &license)?;
        }
        let paid = license.status.is_live();
        let cost = world.addon_cost(ask, &license, &addons);
        world.charge_addons(ask, id, cost)?;

        let key = if new_key { Some(world.new_key(id)) } else { None };
        let license = world.license_mut(id)?;
        license.addons = addons;
        license.autoprolong = autoprolong;
        if let Some(name) = name {
            name.clone_into(&mut license.licname);
        }
        let sent = |name: &str| ask.params.sent(name).map(|value| value.trim().to_owned());
        if let Some(remoteid) = sent("remoteid") {
            license.remoteid = remoteid;
        }
        if let Some(remoteip) = sent("remoteip").filter(|_| self.has(Field::RemoteIp)) {
            license.remoteip = remoteip;
        }
        if let Some(comment) = sent("comment").filter(|_| self.has(Field::Comment)) {
            license.comment = comment;
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
        Ok(self.form(world, ask, id)?.ok())
    }

    /// The address that a change asks for, if it is another one and may be had.
    fn new_address(
        &self,
        world: &World,
        ask: &Ask,
        license: &LicenseView,
        plan: &Plan,
    ) -> Result<Option<String>, Refusal> {
        let Some(name) = self.address() else { return Ok(None) };
        let Some(ip) = ask.params.word(name) else { return Ok(None) };
        let ip = World::check_ip_form(name, ip)?;
        if ip == license.ip {
            return Ok(None);
        }
        let limit = world.config.ip_changes;
        if license.status.is_live() && !limit.allows(license.ip_changed, ask.today()) {
            return Err(Refusal::too_soon(name, ip));
        }
        if world.config.refuse_taken_ip {
            world.check_free(&ip, plan, Some(license.id))?;
        }
        Ok(Some(ip))
    }

    fn check_new_key(
        &self,
        world: &World,
        ask: &Ask,
        license: &LicenseView,
    ) -> Result<(), Refusal> {
        if !self.has(Field::NewKey) {
            return Err(Refusal::value("clicked_button", "newkey", "this key stays as it is"));
        }
        if !license.status.is_live() {
            return Err(Refusal::access("elid", license.id, "the service is not active"));
        }
        if !world.config.key_changes.allows(license.key_changed, ask.today()) {
            return Err(Refusal::too_soon("lickey", &license.key));
        }
        Ok(())
    }

    /// The fields of the form. `pricelist` is the code here and the name in the list.
    pub(crate) fn form(&self, world: &mut World, ask: &Ask, id: u64) -> Answer {
        let mut license = service::find(world, ask, self.reach, id)?.clone();
        if license.key_empty_views > 0 {
            world.license_mut(id)?.key_empty_views -= 1;
            license.key.clear();
        }
        if license.is_processing(ask.now) {
            license.key.clear();
        }
        let plan = world.plan_of(&license)?;
        let (cost, item_cost) = service::cost(world, ask, &license);
        let expires = service::expiry(world, ask, &license);
        let mut form = Node::form()
            .field("elid", id)
            .field("id", id)
            .field("name", format!("{} #{id}", plan.name));
        form = self.own_fields(form, &license);
        if world.config.view_shows_remoteid {
            form.push(Node::text("remoteid", &license.remoteid));
        }
        form = form
            .field("lickey", &license.key)
            .field("pricelist", license.plan)
            .field("pricelist_id", license.plan)
            .field("pricelist_name", &plan.name)
            .field("period", license.period)
            .field("autoprolong", service::autoprolong_text(license.autoprolong))
            .field("status", license.shown_status(ask.now, ask.lang).0)
            .with(item_status(ask, &license))
            .field("createdate", ask.date_time(license.created))
            .field("expiredate", &expires)
            .field("real_expiredate", &expires);
        if self.address().is_some() {
            form.push(Node::text("ip_change_date", ask.date_or_empty(license.ip_changed)));
        }
        if self.has(Field::NewKey) {
            form.push(Node::text("lickey_change_date", ask.date_or_empty(license.key_changed)));
            // No number is known here, and a client in a strict language takes an empty one for none.
            form.push(Node::text("webdomains", ""));
        }
        if self.has(Field::Ip) {
            form.push(Node::text("update_expiredate", updates_until(ask, &license)));
        }
        for (name, value) in &license.details {
            form.push(Node::text(name, value));
        }
        form = form.field("cost", cost).field("item_cost", item_cost);
        for (code, count) in &license.addons {
            form.push(Node::text(format!("addon_{code}"), count));
        }
        Ok(form)
    }
}

/// `item_status`: its code never depends on the language.
fn item_status(ask: &Ask, license: &LicenseView) -> Node {
    let (code, text) = license.shown_status(ask.now, ask.lang);
    Node::text("item_status", text).attribute("orig", code)
}

/// 1 while the vendor works on it, 2 when it is stopped.
fn special_status(ask: &Ask, license: &LicenseView) -> u8 {
    if license.is_processing(ask.now) {
        1
    } else if license.status == Status::Suspended {
        2
    } else {
        0
    }
}

/// A lifetime includes a year of updates; other licenses have them while they run.
fn updates_until(ask: &Ask, license: &LicenseView) -> String {
    if license.is_lifetime() { ask.date(after(license.created.date(), 12)) } else { String::new() }
}

/// The user's licenses and unpaid items of a family that a list shows now; those that lag behind it
/// come one list nearer.
pub(crate) fn listed(
    world: &mut World,
    ask: &Ask,
    family: &str,
) -> Result<Vec<LicenseView>, Refusal> {
    let mut shown = Vec::new();
    let mut lagging = Vec::new();
    for license in world.books.licenses.values() {
        let listed = license.family == family
            && license.user == ask.user
            && license.status != Status::Deleted;
        if !listed {
            continue;
        }
        if license.unlisted > 0 || license.listed_from > ask.now {
            lagging.push(license.id);
        } else {
            shown.push(license.clone());
        }
    }
    for id in lagging {
        let license = world.license_mut(id)?;
        license.unlisted = license.unlisted.saturating_sub(1);
    }
    Ok(shown)
}

fn passes_filter(ask: &Ask, license: &LicenseView, with_remoteid: bool) -> bool {
    if ask.params.word("filter").is_none() {
        return true;
    }
    let equals = |name: &str, value: &str| ask.params.get(name).is_none_or(|asked| asked == value);
    let item = license.item.map(|item| item.to_string()).unwrap_or_default();
    equals("id", &license.id.to_string())
        && equals("ip", &license.ip)
        && equals("pa_ip", &license.ip)
        && equals("licname", &license.licname)
        && equals("comment", &license.comment)
        && equals("item", &item)
        && (!with_remoteid || equals("remoteid", &license.remoteid))
}

/// The license that a module is ordered for: a live one of the same user with an ispmanager, of a
/// plan that the module fits. Whether it may be sold twice for one license is unknown: here it may.
fn item(world: &World, ask: &Ask, plan: &Plan) -> Result<Option<u64>, Refusal> {
    let Some(text) = ask.params.word("item") else {
        if plan.needs_item && world.config.addition_item_required {
            return Err(Refusal::missed("item", ""));
        }
        return Ok(None);
    };
    let id: u64 = text.parse().map_err(|_| Refusal::missed("item", text))?;
    let license = world.license(ask.user, id).map_err(|_| Refusal::missed("item", text))?;
    if !license.status.is_live() {
        return Err(Refusal::access("item", id, "the license is not active"));
    }
    let fits = world.plan_of(license)?.is_panel()
        && (plan.fits.is_empty() || plan.fits.contains(&license.plan));
    if !fits {
        return Err(Refusal::value("item", id, "this module does not fit the license"));
    }
    Ok(Some(id))
}

/// The further parameters that the plan asks for.
fn details(ask: &Ask, plan: &Plan) -> Result<BTreeMap<String, String>, Refusal> {
    let mut details = BTreeMap::new();
    for name in &plan.required {
        let value = ask.params.get(name).ok_or_else(|| Refusal::missed(name, ""))?;
        details.insert(name.clone(), value.to_owned());
    }
    Ok(details)
}
