//! Finding our own order in a vendor's list.

use std::net::IpAddr;

use crate::dialect::{ListPage, OrderWish, VendorLicense};

/// A list read page by page. It counts as whole only when that is certain: a license that hides on
/// a page that was not read would be bought a second time.
#[derive(Debug, Default)]
pub struct Listing {
    rows: Vec<VendorLicense>,
}

/// What to do after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Read the next one.
    Page,
    /// Every license was seen.
    Whole,
    /// The vendor's pages contradict each other; nothing is proved.
    Broken,
}

impl Listing {
    /// Takes a page in.
    pub fn add(&mut self, page: ListPage) -> Next {
        let before = self.rows.len();
        let empty = page.rows.is_empty();
        for row in page.rows {
            if self.rows.iter().all(|known| known.id != row.id) {
                self.rows.push(row);
            }
        }
        let grown = self.rows.len() > before;
        match page.total {
            Some(total) if self.rows.len() >= total => Next::Whole,
            None if empty => Next::Whole,
            _ if grown => Next::Page,
            // The rest cannot be reached: the vendor sends the same rows again, or none.
            _ => Next::Broken,
        }
    }

    /// The licenses.
    #[must_use]
    pub fn into_rows(self) -> Vec<VendorLicense> {
        self.rows
    }
}

/// What a look at the vendor's whole list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// No license carries our reference.
    Absent,
    /// Exactly one does.
    Found(Box<VendorLicense>),
    /// Several do, in the order of their numbers.
    Several(Vec<VendorLicense>),
    /// None does, but these show neither a reference nor a name, and are what was ordered: unless
    /// they are known to be something else, any of them may be it.
    Unmarked(Vec<VendorLicense>),
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Our id at the vendor.
    pub reference: &'a str,
    /// The vendor's code of the plan.
    pub plan_code: &'a str,
    /// The address that it was ordered for.
    pub ip: Option<IpAddr>,
    /// The license that it is a module of.
    pub parent: Option<&'a str>,
}

impl<'a> From<&'a OrderWish> for Wanted<'a> {
    fn from(wish: &'a OrderWish) -> Self {
        Self {
            reference: &wish.reference,
            plan_code: &wish.plan_code,
            ip: wish.ip,
            parent: wish.parent.as_deref(),
        }
    }
}

impl Wanted<'_> {
    fn is_marked(&self, license: &VendorLicense) -> bool {
        let mut words = license.name.iter().flat_map(|name| name.split_whitespace());
        license.reference.as_deref() == Some(self.reference)
            || words.any(|word| word == self.reference)
    }

    /// Its plan, its server and its license are none but those that were ordered, as far as it shows
    /// them, and it has no name: what a list without marks shows of ours.
    #[must_use]
    pub fn could_be(&self, license: &VendorLicense) -> bool {
        license.name.as_deref().is_none_or(|name| name.trim().is_empty())
            && license.reference.as_deref().is_none_or(str::is_empty)
            && self.fits(license)
    }

    /// Nothing that it shows says that it is another one.
    fn may_be(&self, license: &VendorLicense) -> bool {
        license.name.is_none()
            && license.reference.as_deref().is_none_or(str::is_empty)
            && self.fits(license)
    }

    fn fits(&self, license: &VendorLicense) -> bool {
        license.plan_code.as_deref().is_none_or(|code| code == self.plan_code)
            && license.ip.is_none_or(|ip| self.ip.is_none_or(|wanted| wanted == ip))
            && license.parent.as_deref().is_none_or(|id| self.parent.is_none_or(|of| of == id))
    }
}

/// Looks for the license that carries our reference, as `remoteid` or as a word of its name. Where
/// the list shows neither, nothing proves that it is not there.
#[must_use]
pub fn find_ours(licenses: Vec<VendorLicense>, wanted: Wanted<'_>) -> Sighting {
    let (mut found, others): (Vec<_>, Vec<_>) =
        licenses.into_iter().partition(|license| wanted.is_marked(license));
    // A list that shifts between two pages may show one license twice.
    found.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
    found.dedup_by(|a, b| a.id == b.id);
    match (found.pop(), found.is_empty()) {
        (None, _) => {
            let unmarked: Vec<_> = others.into_iter().filter(|row| wanted.may_be(row)).collect();
            if unmarked.is_empty() { Sighting::Absent } else { Sighting::Unmarked(unmarked) }
        }
        (Some(one), true) => Sighting::Found(Box::new(one)),
        (Some(last), false) => {
            found.push(last);
            Sighting::Several(found)
        }
    }
}

/// Our id at the vendor for an operation's 64 random bits: short enough for a name, one word, in
/// an alphabet without look-alikes.
pub fn reference(random: u64) -> String {
    const ALPHABET: [char; 32] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',
        'j', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
    ];
    let letters = (0..13).filter_map(|place| {
        let index = usize::try_from((random >> (place * 5)) & 31).ok()?;
        ALPHABET.get(index)
    });
    std::iter::once("ks-").map(str::to_owned).chain(letters.map(char::to_string)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, reference: Option<&str>, name: &str) -> VendorLicense {
        VendorLicense {
            id: id.into(),
            reference: reference.map(Into::into),
            name: Some(name.into()),
            ..VendorLicense::default()
        }
    }

    fn wanted(reference: &str) -> Wanted<'_> {
        Wanted { reference, plan_code: "250", ip: None, parent: Some("17") }
    }

    #[test]
    fn by_reference_or_by_a_whole_word_of_the_name() {
        let find = |rows: &[VendorLicense]| find_ours(rows.to_vec(), wanted("ks-1"));
        let others =
            vec![row("1", None, "ks-12"), row("2", Some("ks-12"), "x"), row("3", None, "")];
        assert_eq!(find(&others), Sighting::Absent);
        for ours in [row("4", Some("ks-1"), ""), row("4", None, "web 1 ks-1")] {
            let mut rows = others.clone();
            rows.push(ours.clone());
            assert_eq!(find(&rows), Sighting::Found(Box::new(ours.clone())));
            rows.push(ours);
            assert!(matches!(find(&rows), Sighting::Found(_)), "shown twice, bought once");
        }
        let twice = [row("5", Some("ks-1"), ""), row("4", None, "ks-1")];
        let Sighting::Several(both) = find(&twice) else { panic!("there are two") };
        assert_eq!(both.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["4", "5"]);
    }

    #[test]
    fn what_shows_no_mark_proves_nothing() {
        let bare = |id: &str| VendorLicense { id: id.into(), ..VendorLicense::default() };
        let coded = |code: &str| VendorLicense { plan_code: Some(code.into()), ..bare("4") };
        let of = |parent: &str| VendorLicense { parent: Some(parent.into()), ..bare("4") };
        let find = |row: VendorLicense| find_ours(vec![row], wanted("ks-1"));
        for may_be in [
            bare("4"),
            coded("250"),
            of("17"),
            VendorLicense { reference: Some(String::new()), ..bare("4") },
        ] {
            assert_eq!(find(may_be.clone()), Sighting::Unmarked(vec![may_be]));
        }
        for other in [
            coded("251"),
            of("18"),
            VendorLicense { reference: Some("ks-2".into()), ..bare("4") },
            VendorLicense { name: Some(String::new()), ..bare("4") },
        ] {
            assert_eq!(find(other), Sighting::Absent);
        }
        let marked = VendorLicense { reference: Some("ks-1".into()), ..bare("5") };
        let found = find_ours(vec![bare("4"), marked.clone()], wanted("ks-1"));
        assert_eq!(found, Sighting::Found(Box::new(marked)));
    }

    fn page(ids: &[&str], total: Option<usize>) -> ListPage {
        ListPage { rows: ids.iter().map(|id| row(id, None, "")).collect(), total }
    }

    #[test]
    fn a_list_is_whole_only_when_that_is_certain() {
        let mut one = Listing::default();
        assert_eq!(one.add(page(&["1", "2"], Some(2))), Next::Whole);
        let mut capped = Listing::default();
        assert_eq!(capped.add(page(&["1", "2"], Some(3))), Next::Page);
        assert_eq!(capped.add(page(&["2", "3"], Some(3))), Next::Whole);
        let mut stuck = Listing::default();
        assert_eq!(stuck.add(page(&["1"], Some(3))), Next::Page);
        assert_eq!(stuck.add(page(&["1"], Some(3))), Next::Broken, "ignores the page number");
        let mut silent = Listing::default();
        assert_eq!(silent.add(page(&["1"], None)), Next::Page);
        assert_eq!(silent.add(page(&[], None)), Next::Whole);
        let mut endless = Listing::default();
        assert_eq!(endless.add(page(&["1"], None)), Next::Page);
        assert_eq!(endless.add(page(&["1"], None)), Next::Broken);
    }

    #[test]
    fn references_are_short_distinct_words() {
        assert_eq!(reference(0), "ks-0000000000000");
        assert_ne!(reference(1), reference(1 << 63));
        assert_eq!(reference(u64::MAX).len(), 16);
    }
}
