//! A purchase step by step: all at once, or an unpaid item that is then paid.

use billmgr::{Call, Node};

use crate::dialect::{Dialect, Item, OrderWish, Ordering, Unclear};

/// What of a purchase is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// All at once.
    Whole,
    /// Put an unpaid item into the basket, which costs nothing.
    Item,
    /// Pay this item.
    Pay(Item),
}

/// What a good answer to a step says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is bought, under this number of the vendor's.
    Bought(String),
    /// It lies in the basket, unpaid.
    InBasket(Item),
}

impl Stage {
    /// The next step. What lies in the basket is paid, whatever the account does by now.
    #[must_use]
    pub fn next(item: Option<&Item>, ordering: Ordering) -> Self {
        match (item, ordering) {
            (Some(item), _) => Self::Pay(item.clone()),
            (None, Ordering::AtOnce) => Self::Whole,
            (None, Ordering::Basket) => Self::Item,
        }
    }

    /// What to send; none if the number to pay under has to be looked up first, or if the dialect has no
    /// words for the wish.
    #[must_use]
    pub fn call(&self, wish: &OrderWish, dialect: &dyn Dialect) -> Option<Call> {
        match self {
            Self::Whole => dialect.order(wish, Ordering::AtOnce),
            Self::Item => dialect.order(wish, Ordering::Basket),
            Self::Pay(item) => item.bill.as_deref().map(|bill| dialect.pay(bill)),
        }
    }

    /// What the answer says.
    ///
    /// # Errors
    /// An answer without a confirmation and a number proves nothing.
    pub fn read(&self, dialect: &dyn Dialect, doc: &Node) -> Result<Progress, Unclear> {
        match self {
            Self::Whole => dialect.read_order(doc).map(|item| Progress::Bought(item.id)),
            Self::Item => dialect.read_order(doc).map(Progress::InBasket),
            Self::Pay(item) => dialect.read_act(doc).map(|()| Progress::Bought(item.id.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Family;
    use billmgr::read_xml;

    #[test]
    fn an_item_is_paid_and_never_ordered_again() {
        let item = Item { id: "17".into(), bill: Some("170".into()) };
        for ordering in [Ordering::AtOnce, Ordering::Basket] {
            assert_eq!(Stage::next(Some(&item), ordering), Stage::Pay(item.clone()));
        }
        assert_eq!(Stage::next(None, Ordering::AtOnce), Stage::Whole);
        assert_eq!(Stage::next(None, Ordering::Basket), Stage::Item);
    }

    #[test]
    fn an_item_is_no_purchase() {
        let xml = "<doc><id>17</id><billorder.id>170</billorder.id><ok/></doc>";
        let doc = read_xml(xml.as_bytes()).unwrap();
        let soft = Family::soft();
        let item = Item { id: "17".into(), bill: Some("170".into()) };
        assert_eq!(Stage::Item.read(&soft, &doc), Ok(Progress::InBasket(item.clone())));
        assert_eq!(Stage::Whole.read(&soft, &doc), Ok(Progress::Bought("17".into())));
        assert_eq!(Stage::Pay(item).read(&soft, &doc), Ok(Progress::Bought("17".into())));
        let unclear = read_xml(b"<doc><id>17</id></doc>").unwrap();
        assert!(Stage::Item.read(&soft, &unclear).is_err());
    }
}
