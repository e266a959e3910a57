//! What a function family can be asked, as pure calls and readings.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use billmgr::{Call, Node};
use domain::Period;
use domain::license::LicenseStatus;
use domain::operation::OperationKind;
use time::{Date, PrimitiveDateTime};

/// What is to be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderWish {
    /// The vendor's code of the plan (`pricelist`).
    pub plan_code: String,
    /// The term.
    pub term: Term,
    /// The server's address, where the plan needs one.
    pub ip: Option<IpAddr>,
    /// The vendor's number of the license that it is a module of.
    pub parent: Option<String>,
    /// The customer's name for the license, if any.
    pub name: Option<String>,
    /// Absolute counts by the vendor's add-on code.
    pub addons: BTreeMap<String, u32>,
    /// What the product asks for beside that, by the vendor's name of the field: `bitninja_email`.
    pub fields: BTreeMap<String, String>,
    /// Our id at the vendor.
    pub reference: String,
    /// The vendor is asked to renew it by itself (`autoprolong`), as its buyer was told.
    pub renews: bool,
}

/// How long, and how the vendor says that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// How long.
    pub period: Period,
    /// The vendor's own code of it, which the 2009 generation has for each price (seed 003); later
    /// ones say the months.
    pub code: Option<String>,
}

impl Term {
    /// A term that is said in months.
    #[must_use]
    pub const fn of(period: Period) -> Self {
        Self { period, code: None }
    }

    /// As a call says it: by the vendor's own code if it has one, else in months.
    #[must_use]
    pub fn said(&self) -> String {
        self.code.clone().unwrap_or_else(|| self.period.to_string())
    }
}

/// What is to be done to a license of the vendor's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Pay for another term.
    Renew(Term),
    /// Set the name, and the address where it changes: somebody may have moved the license past us,
    /// and a new name must not move it back.
    Edit {
        /// The server's new address.
        ip: Option<IpAddr>,
        /// The whole name at the vendor, our reference included; none where it keeps no names.
        name: Option<String>,
    },
    /// Make it one of another plan.
    ChangePlan {
        /// The vendor's code of the plan.
        plan_code: String,
        /// The term, from today.
        term: Term,
        /// Absolute counts by the vendor's add-on code.
        addons: BTreeMap<String, u32>,
    },
    /// Set absolute counts by the vendor's add-on code.
    Addons(BTreeMap<String, u32>),
    /// Stop it.
    Suspend,
    /// Start it again.
    Resume,
    /// Get another key.
    NewKey,
    /// Remove it.
    Delete,
}

/// A license as the vendor's list or form shows it. What the answer left out is `None`. Its `Debug`,
/// which is kept as evidence, tells no key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct VendorLicense {
    /// The vendor's number of it (`elid`).
    pub id: String,
    /// Our id, where the vendor shows it (`remoteid`); whether it does is not documented.
    pub reference: Option<String>,
    /// The license's name (`licname`), in which our reference travels too.
    pub name: Option<String>,
    /// The address that it is bound to.
    pub ip: Option<IpAddr>,
    /// The vendor's number of the license that it is a module of.
    pub parent: Option<String>,
    /// The vendor's code of the plan.
    pub plan_code: Option<String>,
    /// The key, once there is one.
    pub key: Option<String>,
    /// Life-cycle state.
    pub status: Option<LicenseStatus>,
    /// Last day.
    pub expires_on: Option<Date>,
    /// Absolute counts by the vendor's add-on code.
    pub addons: BTreeMap<String, u32>,
    /// The day of the last change of address, which limits the next one.
    pub ip_changed_on: Option<Date>,
    /// The day of the last change of key, which limits the next one.
    pub key_changed_on: Option<Date>,
    /// When the vendor created it, by the vendor's clock; never compared with ours.
    pub created_at: Option<PrimitiveDateTime>,
    /// The vendor renews it by itself (`autoprolong`); none where that is not shown.
    pub renews: Option<bool>,
}

impl fmt::Debug for VendorLicense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map(|_| "[hidden]");
        f.debug_struct("VendorLicense")
            .field("id", &self.id)
            .field("reference", &self.reference)
            .field("name", &self.name)
            .field("ip", &self.ip)
            .field("parent", &self.parent)
            .field("plan_code", &self.plan_code)
            .field("key", &key)
            .field("status", &self.status)
            .field("expires_on", &self.expires_on)
            .field("addons", &self.addons)
            .field("ip_changed_on", &self.ip_changed_on)
            .field("key_changed_on", &self.key_changed_on)
            .field("created_at", &self.created_at)
            .field("renews", &self.renews)
            .finish()
    }
}

/// How an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// At once, from the balance (`skipbasket=on`).
    AtOnce,
    /// In two steps: an unpaid item, which costs nothing, and then the payment of exactly that one.
    Basket,
}

impl Ordering {
    /// The word kept in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AtOnce => "at_once",
            Self::Basket => "basket",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::AtOnce, Self::Basket].into_iter().find(|ordering| ordering.as_str() == word)
    }
}

/// What an order made: a license, or an item that lies unpaid in the vendor's basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The number of the license, also before it is paid.
    pub id: String,
    /// The number under which it is paid; answers to orders may leave it out, the basket shows it.
    pub bill: Option<String>,
}

/// A page of the vendor's list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The licenses on it.
    pub rows: Vec<VendorLicense>,
    /// How many licenses the whole list has (`p_elems`), where the vendor says so.
    pub total: Option<usize>,
}

pub(crate) fn paying(call: Call, bill: &str) -> Call {
    call.with("billorder", bill).with("clicked_button", "fromsubaccount").with("sok", "ok")
}

pub(crate) fn throwing_away(call: Call, id: &str) -> Call {
    call.with("clicked_button", "delete").with("id", id).with("sok", "ok")
}

/// The answer was well-formed but does not say what it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer lacks {0}")]
pub struct Unclear(pub &'static str);

/// A function family.
pub trait Dialect: fmt::Debug + Send + Sync {
    /// Whether it has a function for this; what it lacks has no button.
    fn can(&self, kind: OperationKind) -> bool;
    /// Buys at once, or puts an unpaid item into the basket; none if the term has no code here.
    fn order(&self, wish: &OrderWish, ordering: Ordering) -> Option<Call>;
    /// The new license's number; only a confirmation with a readable number counts.
    fn read_order(&self, doc: &Node) -> Result<Item, Unclear>;
    /// The unpaid items.
    fn basket(&self) -> Call {
        Call::new("basket")
    }
    /// The items in the answer to [`Dialect::basket`], and the number under which each is paid.
    fn read_basket(&self, doc: &Node) -> Result<Vec<Item>, Unclear> {
        let number = |text: Option<&str>| text.filter(|text| is_number(text)).map(str::to_owned);
        doc.elems()
            .map(|row| {
                let id = number(row.value("id")).ok_or(Unclear("an item's number"))?;
                let bill = number(row.value("billorder").or(row.value("billorder.id")));
                Ok(Item { id, bill })
            })
            .collect()
    }
    /// Pays one item from the balance (protocol section 3.5).
    fn pay(&self, bill: &str) -> Call {
        paying(Call::new("payment.add"), bill)
    }
    /// Throws one unpaid item away.
    fn unbasket(&self, id: &str) -> Call {
        throwing_away(self.basket(), id)
    }
    /// What has to be said before a list, so that nothing hides from it.
    fn before_list(&self) -> Option<Call> {
        None
    }
    /// What has to be said before a list, so that it has only what ends between these days, both
    /// included; none where the vendor keeps no such filter.
    fn between(&self, _from: Date, _to: Date) -> Option<Call> {
        None
    }
    /// One page of all licenses of the account, from 1.
    fn list(&self, page: u32) -> Call;
    /// The licenses on a page of the list, and how many there are in all.
    fn read_list(&self, doc: &Node) -> Result<ListPage, Unclear>;
    /// One license in full.
    fn view(&self, id: &str) -> Call;
    /// The license in the answer to [`Dialect::view`].
    fn read_view(&self, doc: &Node) -> Result<VendorLicense, Unclear>;
    /// Does something to a license that was just looked at; none if the family cannot.
    fn act(&self, license: &VendorLicense, action: &Action) -> Option<Call>;
    /// Whether the answer to [`Dialect::act`] says that it was done.
    fn read_act(&self, doc: &Node) -> Result<(), Unclear>;
    /// Asks whether the plan can be ordered for this address. Any error document means no.
    fn check_ip(&self, plan_code: &str, term: &Term, ip: IpAddr) -> Option<Call>;

    /// Whether it has a function for that.
    fn checks_ip(&self) -> bool;
}

/// Whether this is a number of the vendor's.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How many rows a page of the list is asked to have.
pub const LIST_PAGE: u32 = 500;
