//! The kit: every part a page is made of, rendered on the server, without behaviour and without words.
//!
//! Texts and amounts arrive already written in the reader's language, so nothing here knows about
//! locales, currencies or time zones. Markup and class names are described in `style/README.md`;
//! a page that needs a new look needs a new part here, not classes of its own.
//!
//! Attributes never carry `style`: the content security policy refuses it.

mod form;
mod icon;
mod layout;
mod list;
mod money;
mod object;
mod shell;
mod shop;
mod status;

pub use form::{
    CheckField, ErrorSummary, Field, RadioCards, RadioOption, SelectField, SelectOption, Stepper,
    TextArea,
};
pub use icon::{Icon, Sprite};
pub use layout::{
    Breadcrumbs, ButtonKind, Crumb, Dialog, DialogButton, Disclosure, LinkButton, PageHead, Panel,
    SkipLink, TabItem, Tabs,
};
pub use list::{
    ActionsCell, BulkBar, Cell, CheckCell, Column, DataTable, Empty, FilterBar, Pager, RowHead,
    Sort,
};
pub use money::{BalanceChange, Money, Price, TotalRow, Totals};
pub use object::{
    Copyable, DefinitionGrid, Fact, KeyReveal, Stat, Stats, Step, StepState, Steps, Timeline,
    TimelineItem,
};
pub use shell::{
    Account, BalanceBox, ClientShell, DeskShell, LangItem, LangSwitch, NavGroup, NavItem,
    ShellText, ShopShell, ThemeItem, ThemeSwitch, ThemeToggle,
};
pub use shop::{PriceCard, ShopSection, TrustItem};
pub use status::{Badge, Notice, StatusLine, StatusPill, Tone};

use leptos::prelude::{AnyView, IntoAny as _};

/// A text that may be absent; props of this type take `"…"`, a `String` or an `Option` of either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptText(Option<String>);

impl OptText {
    /// The text, unless it is absent or empty.
    pub fn get(self) -> Option<String> {
        self.0.filter(|text| !text.is_empty())
    }
}

impl From<&str> for OptText {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl From<String> for OptText {
    fn from(text: String) -> Self {
        Self(Some(text))
    }
}

impl From<Option<String>> for OptText {
    fn from(text: Option<String>) -> Self {
        Self(text)
    }
}

impl From<Option<&str>> for OptText {
    fn from(text: Option<&str>) -> Self {
        Self(text.map(str::to_owned))
    }
}

/// A place for another view, possibly empty; takes `view! { … }.into_any()` or an `Option` of it.
#[derive(Default)]
pub struct Slot(Option<AnyView>);

impl Slot {
    /// Whether anything was put in.
    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// The view that was put in, or nothing.
    pub fn into_view(self) -> AnyView {
        self.0.unwrap_or_else(|| ().into_any())
    }
}

impl From<AnyView> for Slot {
    fn from(view: AnyView) -> Self {
        Self(Some(view))
    }
}

impl From<Option<AnyView>> for Slot {
    fn from(view: Option<AnyView>) -> Self {
        Self(view)
    }
}
