//! What is sold: plans, and the catalogues of the vendors that the documents describe.
//!
//! Codes, periods and names are the vendors' own: those of seeds 000, 001, 002, 003 and 004 are
//! documented, the others are what public pages and clients name (protocol section 6). **Costs are
//! samples**, and so are the numbers of pieces that a plan includes where no client shows them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Addons, LIFETIME, TRIAL, UNIT};

/// A product edition that can be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties, set by name")]
pub struct Plan {
    /// The wire's `pricelist`; in the `software` family its `price`.
    pub code: u32,
    /// The function family that sells it, as `soft`.
    pub family: String,
    /// Plans of one product exclude each other on an address and can be changed into each other.
    pub product: String,
    /// Name for people.
    pub name: String,
    /// Name for programs, in price lists; that of a module is the one a panel asks for.
    pub intname: String,
    /// Cost of a month in ten-thousandths; a year costs ten months, a lifetime thirty.
    pub month_cost: i64,
    /// Periods on sale: months, 0 for a lifetime, -100 for a trial.
    pub periods: Vec<i32>,
    /// The codes that stand for periods in the `software` family, by period (seed 003).
    pub period_codes: BTreeMap<i32, u32>,
    /// Counted options.
    pub addons: Vec<Addon>,
    /// New orders are accepted.
    pub orderable: bool,
    /// Renewals are accepted.
    pub renewable: bool,
    /// An order must name an address. The `platform` and `addition` families never ask for one.
    pub needs_address: bool,
    /// An order of a module must name its license.
    pub needs_item: bool,
    /// A module is for licenses of these plans only; for any ispmanager when empty.
    pub fits: Vec<u32>,
    /// Further parameters that an order must have, as `bitninja_email`.
    pub required: Vec<String>,
    /// An `autoprolong` that differs from the period is silently none (documented for BitNinja).
    pub renews_by_its_period: bool,
}

/// A counted option of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Addon {
    /// X in `addon_X`.
    pub code: u32,
    /// Name for people.
    pub name: String,
    /// Cost of one piece for a month, beyond the base.
    pub month_cost: i64,
    /// Pieces that the plan's own cost includes. Counts on the wire include them too.
    pub base: u32,
}

impl Plan {
    /// A plan that is sold by the month and by the year.
    pub fn new(family: &str, code: u32, product: &str, name: &str, month_cost: i64) -> Self {
        Self {
            code,
            family: family.to_owned(),
            product: product.to_owned(),
            name: name.to_owned(),
            intname: name.replace(' ', "_"),
            month_cost,
            periods: vec![1, 12],
            period_codes: BTreeMap::new(),
            addons: Vec::new(),
            orderable: true,
            renewable: true,
            needs_address: true,
            needs_item: true,
            fits: Vec::new(),
            required: Vec::new(),
            renews_by_its_period: false,
        }
    }

    /// A plan of the `soft` family that is sold by the month and by the year.
    pub fn soft(code: u32, product: &str, name: &str, month_cost: i64) -> Self {
        Self::new("soft", code, product, name, month_cost)
    }

    /// The same plan as a trial: free, fourteen days, once per address.
    #[must_use]
    pub fn trial(mut self) -> Self {
        self.month_cost = 0;
        self.periods = vec![TRIAL];
        self
    }

    /// The same plan for these periods.
    #[must_use]
    pub fn periods(mut self, periods: &[i32]) -> Self {
        self.periods = periods.to_vec();
        self
    }

    /// The same plan for these periods, each with its code on the wire (seed 003).
    #[must_use]
    pub fn coded(mut self, periods: &[(i32, u32)]) -> Self {
        self.periods = periods.iter().map(|(period, _)| *period).collect();
        self.period_codes = periods.iter().copied().collect();
        self
    }

    /// The same plan with a counted option.
    #[must_use]
    pub fn addon(mut self, code: u32, name: &str, month_cost: i64, base: u32) -> Self {
        self.addons.push(Addon { code, name: name.to_owned(), month_cost, base });
        self
    }

    /// The same plan under this name for programs.
    #[must_use]
    pub fn intname(mut self, intname: &str) -> Self {
        intname.clone_into(&mut self.intname);
        self
    }

    /// The same plan with a key that works at any address.
    #[must_use]
    pub fn without_address(mut self) -> Self {
        self.needs_address = false;
        self
    }

    /// The same module, ordered without naming its license.
    #[must_use]
    pub fn without_item(mut self) -> Self {
        self.needs_item = false;
        self
    }

    /// The same module for licenses of these plans only.
    #[must_use]
    pub fn fits(mut self, plans: &[u32]) -> Self {
        self.fits = plans.to_vec();
        self
    }

    /// The same plan with a further parameter that an order must have.
    #[must_use]
    pub fn requires(mut self, parameter: &str) -> Self {
        self.required.push(parameter.to_owned());
        self
    }

    /// The same plan, which renews itself only by the period that it was ordered for.
    #[must_use]
    pub fn renews_by_its_period(mut self) -> Self {
        self.renews_by_its_period = true;
        self
    }

    /// The same plan, which new orders cannot have any more.
    #[must_use]
    pub fn sale_ended(mut self) -> Self {
        self.orderable = false;
        self
    }

    /// The same plan, which is neither sold nor renewed any more.
    #[must_use]
    pub fn renewal_ended(mut self) -> Self {
        self.orderable = false;
        self.renewable = false;
        self
    }

    pub(crate) fn is_trial(&self) -> bool {
        self.periods == [TRIAL]
    }

    /// A panel that modules can be for.
    pub(crate) fn is_panel(&self) -> bool {
        self.product.to_ascii_lowercase().starts_with("ispmanager")
    }

    pub(crate) fn base_addons(&self) -> Addons {
        self.addons.iter().map(|addon| (addon.code, addon.base)).collect()
    }

    /// The period that a code of the old generation stands for with this plan.
    pub(crate) fn period_of(&self, code: u32) -> Option<i32> {
        self.period_codes.iter().find(|(_, known)| **known == code).map(|(period, _)| *period)
    }

    /// What a period costs, or `None` when it is not sold.
    pub(crate) fn cost(&self, period: i32, addons: &Addons) -> Option<i64> {
        if !self.periods.contains(&period) {
            return None;
        }
        let mut month = self.month_cost;
        for addon in &self.addons {
            let count = addons.get(&addon.code).copied().unwrap_or(addon.base);
            let extra = i64::from(count.saturating_sub(addon.base));
            month = month.checked_add(addon.month_cost.checked_mul(extra)?)?;
        }
        month.checked_mul(months_paid(period)?)
    }
}

/// How many months are paid for a period: ten for a year, thirty for a lifetime.
pub(crate) fn months_paid(period: i32) -> Option<i64> {
    match period {
        TRIAL => Some(0),
        LIFETIME => Some(30),
        months if months > 0 => Some(i64::from(months / 12 * 10 + months % 12)),
        _ => None,
    }
}

fn cents(cents: i64) -> i64 {
    cents * (UNIT / 100)
}

const NODES: &str = "Number of nodes";
const ISP5: &str = "ISPmanager 5";
const ISP6: &str = "ispmanager 6";

/// The `soft` plans of the European catalogue: seed 001's, and those of protocol section 6.
pub fn soft_catalogue() -> Vec<Plan> {
    vec![
        Plan::soft(55227, ISP6, "ispmanager 6 lite", cents(350)),
        Plan::soft(55228, ISP6, "ispmanager 6 pro", cents(700)),
        Plan::soft(55229, ISP6, "ispmanager 6 host", cents(1050)),
        Plan::soft(55230, ISP6, "ispmanager 6 business", cents(900)).addon(
            55236,
            NODES,
            cents(900),
            1,
        ),
        Plan::soft(55239, ISP6, "ispmanager 6 trial", 0).trial(),
        Plan::soft(55240, ISP6, "ispmanager 6 business trial", 0).trial(),
        Plan::soft(3541, ISP5, "ISPmanager 5 Lite", cents(300)),
        Plan::soft(4601, ISP5, "ISPmanager 5 Business", cents(900)).addon(
            4602,
            NODES,
            cents(900),
            1,
        ),
        Plan::soft(3045, "VMmanager 5 KVM", "VMmanager 5 KVM", cents(600)).addon(
            3049,
            NODES,
            cents(600),
            1,
        ),
        Plan::soft(3651, "VMmanager 5 OVZ", "VMmanager 5 OVZ", cents(600)).addon(
            3698,
            NODES,
            cents(600),
            1,
        ),
        Plan::soft(3887, "VMmanager 5 Cloud", "VMmanager 5 Cloud", cents(6000)).addon(
            3889,
            NODES,
            cents(1200),
            5,
        ),
        Plan::soft(5577, "BILLmanager 5", "BILLmanager 5", cents(1100)),
        Plan::soft(5579, "BILLmanager 5", "BILLmanager 5 Corporate", cents(4500)),
        Plan::soft(3932, "DCImanager 5", "DCImanager 5 Essential", cents(1200)),
        Plan::soft(3934, "DCImanager 5", "DCImanager 5 Progressive", cents(2400)),
        Plan::soft(3936, "DCImanager 5", "DCImanager 5 Enterprise", cents(3800)),
        Plan::soft(3136, "DNSmanager 5", "DNSmanager 5", cents(200)),
        Plan::soft(2891, "IPmanager 5", "IPmanager 5", cents(200)),
    ]
}

/// The `platform` plans of seed 000.
pub fn platform_catalogue() -> Vec<Plan> {
    let plan = |code, name: &str, cost| {
        Plan::new("platform", code, name, name, cost).periods(&[1, 12, TRIAL]).without_address()
    };
    vec![
        plan(55163, "VMmanager 6", cents(1500)).addon(55165, NODES, cents(1000), 1).addon(
            55164,
            "Number of virtual machines",
            cents(25),
            0,
        ),
        plan(55161, "DCImanager 6", cents(3000)),
    ]
}

/// The third-party licenses of protocol section 6, with European codes.
pub fn external_catalogue() -> Vec<Plan> {
    let month =
        |code, name: &str, cost| Plan::new("softexternal", code, name, name, cost).periods(&[1]);
    vec![
        month(9203, "CloudLinux", cents(1200)),
        month(9204, "Softaculous", cents(150)),
        month(11738, "KernelCare", cents(300)),
        bitninja(55369, cents(1500)),
    ]
}

/// BitNinja for a server, which is a key and no address.
fn bitninja(code: u32, cost: i64) -> Plan {
    Plan::new("softexternal", code, "BitNinja", "BitNinja", cost)
        .periods(&[1, 3, 6, 12, TRIAL])
        .without_address()
        .renews_by_its_period()
}

/// A panel module. Its license is named by `item`, never by an address.
fn module(code: u32, name: &str, intname: &str, cost: i64) -> Plan {
    Plan::new("addition", code, name, name, cost).intname(intname).without_address()
}

fn bitninja_module(code: u32, cost: i64) -> Plan {
    module(code, "BitNinja", "BitNinja", cost)
        .periods(&[1, 6, 12, TRIAL])
        .requires("bitninja_email")
        .renews_by_its_period()
}

fn dr_web(codes: [u32; 3], panels: [u32; 3], costs: [i64; 3]) -> impl Iterator<Item = Plan> {
    let editions = ["lite", "pro", "host"].into_iter().zip(codes).zip(panels).zip(costs);
    editions.map(|(((edition, code), panel), cost)| {
        let name = format!("Dr.Web for ispmanager 6 {edition}");
        module(code, &name, &format!("DrWeb_{edition}"), cost).fits(&[panel])
    })
}

/// The panel modules of seed 004 and protocol section 6, with European codes.
pub fn addition_catalogue() -> Vec<Plan> {
    let costs = [cents(200), cents(400), cents(600)];
    let mut plans = vec![module(23221, "DDoS-GUARD", "DDoSGUARD", cents(1500))];
    plans.extend(dr_web([55361, 55362, 55363], [55227, 55228, 55229], costs));
    plans.push(bitninja_module(55371, cents(1000)));
    plans
}

/// Everything that the European vendor sells.
pub fn european_catalogue() -> Vec<Plan> {
    [soft_catalogue(), platform_catalogue(), external_catalogue(), addition_catalogue()].concat()
}

/// What the Russian vendor sells under other codes, in rubles. That `soft` codes 55231 to 55235 are
/// its is inferred (protocol section 6), and 55232 for pro is a guess.
pub fn russian_catalogue() -> Vec<Plan> {
    let mut plans = vec![
        Plan::soft(55231, ISP6, "ispmanager 6 lite", cents(34_900)),
        Plan::soft(55232, ISP6, "ispmanager 6 pro", cents(69_900)),
        Plan::soft(55233, ISP6, "ispmanager 6 host", cents(99_900)),
        Plan::soft(55234, ISP6, "ispmanager 6 business", cents(89_900)),
        Plan::soft(55235, ISP6, "ispmanager 6 trial", 0).trial(),
        bitninja(55391, cents(140_000)),
    ];
    let costs = [cents(19_900), cents(39_900), cents(59_900)];
    plans.extend(dr_web([55377, 55378, 55379], [55231, 55232, 55233], costs));
    plans.push(bitninja_module(55390, cents(91_393)));
    plans
}

/// ISPlicense's codes (seed 002). Which function family sells which code is inferred, for its three
/// samples all name the same one; so is that one node is included.
pub fn isplicense_catalogue() -> Vec<Plan> {
    let periods = [1, 12, LIFETIME];
    let soft = |code, product: &str, name: &str, cost| {
        Plan::new("softexternal", code, product, name, cost).periods(&periods)
    };
    let plesk = |code, edition: &str, cost| {
        let name = format!("Plesk Panel 12/Onyx {edition} Edition");
        Plan::new("parallelslic", code, "Plesk Onyx", &name, cost).periods(&periods)
    };
    let module = |code, name: &str, intname: &str, cost| {
        module(code, name, intname, cost).periods(&periods).without_item()
    };
    let (kvm, ovz) = ("VMmanager KVM", "VMmanager OVZ");
    vec![
        soft(229, ISP5, "ISPmanager 5 Lite", cents(400)),
        soft(273, ISP5, "ISPmanager 5 Business", cents(1000)).addon(274, NODES, cents(1000), 1),
        soft(546, ISP6, "ISPmanager 6 Lite", cents(450)),
        soft(547, ISP6, "ISPmanager 6 Pro", cents(900)),
        soft(548, ISP6, "ISPmanager 6 Host", cents(1300)),
        soft(549, ISP6, "ISPmanager 6 Business", cents(1200)).addon(550, NODES, cents(1200), 1),
        soft(276, "BILLmanager", "BILLmanager", cents(1300)),
        soft(277, "BILLmanager", "BILLmanager Corporate", cents(5200)),
        soft(166, "DNSmanager 5", "DNSmanager 5", cents(250)),
        soft(170, kvm, kvm, cents(700)).addon(172, NODES, cents(700), 1),
        soft(195, ovz, ovz, cents(700)).addon(197, NODES, cents(700), 1),
        plesk(250, "Web Admin", cents(500)),
        plesk(322, "Web Pro VPS", cents(800)),
        plesk(264, "Web Pro", cents(1100)),
        plesk(243, "Web Host VPS", cents(1300)),
        plesk(236, "Web Host", cents(2600)),
        module(369, "CloudLinux for ISPmanager Business", "CloudLinux", cents(1400))
            .fits(&[273, 549]),
        module(354, "VirusDie for ISPmanager 5 Lite", "Virusdie", cents(300)).fits(&[229]),
        module(367, "VirusDie for ISPmanager 5 Business", "VirusDieBusiness", cents(900))
            .fits(&[273]),
        module(356, "Softaculous for ISPmanager 5", "Softaculous", cents(200)).fits(&[229, 273]),
        module(371, "KernelCare for ISPmanager", "KernelCare", cents(400)),
        module(383, "DDoS-GUARD", "DDoSGUARD", cents(1600)),
        module(397, "Revisium Antivirus", "Revisium", cents(500)),
    ]
}

/// The prices and period codes of seed 003's table; those with a trial alone are from a public script
/// of that time (protocol section 6).
pub fn legacy_catalogue() -> Vec<Plan> {
    let plan = |code, product: &str, name: &str, cost, periods: &[(i32, u32)]| {
        Plan::new("software", code, product, name, cost).coded(periods)
    };
    let trial = |code, name: &str, period| {
        Plan::new("software", code, name, name, 0).coded(&[(TRIAL, period)])
    };
    let isp = "ISPmanager 4";
    let bill = "BILLmanager 4";
    let (vds, bsd, ds) = ("VDSmanager-Linux", "VDSmanager-FreeBSD", "DSmanager");
    let (dns, ip) = ("DNSmanager", "IPmanager");
    let lite = "ISPmanager Lite (without support)";
    let pro = "ISPmanager Pro (without support)";
    vec![
        plan(7, isp, lite, cents(550), &[(TRIAL, 7), (1, 8), (LIFETIME, 9)]),
        plan(11, isp, pro, cents(770), &[(TRIAL, 15), (1, 16), (LIFETIME, 17)]),
        plan(15, vds, vds, cents(900), &[(TRIAL, 24), (1, 25), (LIFETIME, 26)]),
        plan(884, bsd, bsd, cents(900), &[(TRIAL, 534), (1, 535), (LIFETIME, 536)]),
        plan(432, bill, "BILLmanager Standard", cents(900), &[(TRIAL, 246), (1, 380), (12, 381)]),
        plan(434, bill, "BILLmanager Advanced", cents(1800), &[(TRIAL, 247), (1, 382), (12, 383)]),
        plan(435, bill, "BILLmanager Corporate", cents(4400), &[(TRIAL, 248), (1, 384), (12, 385)]),
        plan(16, ds, ds, cents(1500), &[(TRIAL, 27), (1, 28), (12, 29), (LIFETIME, 661)]),
        plan(17, dns, dns, cents(100), &[(TRIAL, 30), (LIFETIME, 31)]),
        plan(18, ip, ip, cents(100), &[(TRIAL, 32), (LIFETIME, 33)]),
        trial(5, "ISPmanager Lite", 2),
        trial(9, "ISPmanager Pro", 10),
        trial(112, "ISPmanager Cluster", 68),
        trial(2891, "IPmanager 5", 1814),
        trial(3045, "VMmanager 5", 1898),
        trial(3136, "DNSmanager 5", 1926),
        trial(3193, "IFXmanager", 1951),
    ]
}

/// Everything of everybody. [`crate::SimConfig::full`] has an account for each vendor in it.
pub fn full_catalogue() -> Vec<Plan> {
    [european_catalogue(), russian_catalogue(), isplicense_catalogue(), legacy_catalogue()].concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_year_costs_ten_months_and_addons_count_beyond_the_base() {
        let plans = full_catalogue();
        let plan = |family: &str, code: u32| {
            plans.iter().find(|plan| plan.code == code && plan.family == family).unwrap()
        };
        let business = plan("soft", 55230);
        assert_eq!(business.cost(1, &business.base_addons()), Some(90_000));
        assert_eq!(business.cost(12, &Addons::from([(55236, 3)])), Some(2_700_000));
        let cloud = plan("soft", 3887);
        assert_eq!(cloud.cost(1, &Addons::from([(3889, 6)])), Some(720_000));
        assert_eq!(cloud.cost(TRIAL, &Addons::new()), None);
        let lite = plan("softexternal", 229);
        assert_eq!(lite.cost(LIFETIME, &Addons::new()), Some(1_200_000));
        assert_eq!(plan("platform", 55163).cost(TRIAL, &Addons::new()), Some(0));
        let pro = plan("software", 11);
        assert_eq!(
            [15, 16, 17, 8].map(|code| pro.period_of(code)),
            [Some(TRIAL), Some(1), Some(LIFETIME), None]
        );
    }

    #[test]
    fn a_code_is_one_plan_of_its_family() {
        let plans = full_catalogue();
        let names: BTreeSet<_> = plans.iter().map(|plan| (&plan.family, plan.code)).collect();
        assert_eq!(names.len(), plans.len());
        let codes: BTreeSet<_> = plans.iter().flat_map(|plan| plan.period_codes.values()).collect();
        let all = plans.iter().map(|plan| plan.period_codes.len()).sum::<usize>();
        assert_eq!(codes.len(), all, "a period code belongs to one price");
        assert_eq!(legacy_catalogue().len(), 10 + 7);
        for plan in &plans {
            assert!(plan.fits.iter().all(|code| plans.iter().any(|other| other.code == *code)));
            assert_eq!(plan.period_codes.is_empty(), plan.family != "software");
        }
    }
}
