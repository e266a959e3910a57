//! A list as its address describes it: filters, order and page; and everything around its table.
//!
//! The address is all there is: a list can be linked to, reloaded and gone back to. What cannot be
//! read of it is said, and nothing is shown that was not asked for.

use axum::http::StatusCode;
use leptos::prelude::*;
use portal::listing::{Cursor, Days, Key, Listed, Needle, Paging, SortKey};
use portal::locale::Locale;

use crate::api::ApiError;
use crate::components::{
    Column, Empty, Field, FilterBar, Icon, Pager, Panel, SelectField, SelectOption, Sort,
};
use crate::context::{Context, set_status};
use crate::{format, t};

/// The longest value of a filter.
const LONGEST: usize = 200;
/// Rows that are read at once for an export.
const CHUNK: u16 = 1000;

/// What the address asks for.
pub struct Asked {
    path: String,
    /// Where the list is had as a file, and what that address needs beside the filters.
    file: (String, Option<(&'static str, String)>),
    /// What is looked at, such as a currency; no filter, so a reset keeps it.
    kept: Vec<(&'static str, String)>,
    values: Vec<(&'static str, String)>,
    wrong: Vec<&'static str>,
    sorts: &'static [SortKey],
    usual: SortKey,
    /// Order, beginning and length.
    pub paging: Paging,
}

impl Asked {
    /// Reads the request's address: filters of these names, and what the list can be sorted by,
    /// with the usual order in `paging`.
    pub fn read(
        cx: &Context,
        path: &str,
        names: &[&'static str],
        sorts: &'static [SortKey],
        paging: Paging,
    ) -> Self {
        let usual = paging.sort;
        let mut asked = Self {
            path: path.to_owned(),
            file: (format!("{path}.csv"), None),
            kept: Vec::new(),
            values: Vec::new(),
            wrong: Vec::new(),
            sorts,
            usual,
            paging,
        };
        for name in names {
            let Some(value) = cx.query(name) else { continue };
            let value = value.trim();
            if value.chars().count() > LONGEST || value.chars().any(char::is_control) {
                asked.wrong.push(name);
            } else if !value.is_empty() {
                asked.values.push((name, value.to_owned()));
            }
        }
        if let Some(word) = cx.query("sort").filter(|word| !word.is_empty()) {
            let (descending, key) =
                word.strip_prefix('-').map_or((false, word.as_str()), |key| (true, key));
            match sorts.iter().find(|sort| sort.word == key) {
                Some(sort) => {
                    asked.paging.sort = *sort;
                    asked.paging.descending = descending;
                }
                None => asked.wrong.push("sort"),
            }
        }
        if let Some(text) = cx.query("after").filter(|text| !text.is_empty()) {
            asked.paging.after = Cursor::parse(&text, asked.paging.sort);
            if asked.paging.after.is_none() || text.chars().any(char::is_control) {
                asked.wrong.push("after");
            }
        }
        asked
    }

    /// Keeps this in every address of the list.
    pub fn keep(&mut self, name: &'static str, value: String) {
        self.kept.push((name, value));
    }

    /// Has the file elsewhere: a list whose path names an object has a file whose query does.
    pub fn file_at(&mut self, path: &str, name: &'static str, object: String) {
        self.file = (path.to_owned(), Some((name, object)));
    }

    /// The value of a filter.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a filter in its own type; what cannot be read is remembered as wrong.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(self.value(name)?);
        if parsed.is_none() {
            self.wrong.push(name);
        }
        parsed
    }

    /// The days of the filters `from` and `to`.
    pub fn days(&mut self) -> Days {
        let days =
            Days { from: self.parsed("from", Days::parse), to: self.parsed("to", Days::parse) };
        if let (Some(from), Some(to)) = (days.from, days.to)
            && from > to
        {
            self.wrong.push("to");
        }
        days
    }

    /// What stands in the search field.
    pub fn needle(&self) -> Option<Needle> {
        Needle::parse(self.value("q")?)
    }

    /// Whether all of the address could be read.
    pub fn is_sound(&self) -> bool {
        self.wrong.is_empty()
    }

    /// Whether fewer rows are asked for than there are.
    pub fn is_filtered(&self) -> bool {
        !self.values.is_empty()
    }

    /// Whether the beginning of all rows is asked for: without any, there are none at all.
    fn is_untouched(&self) -> bool {
        self.is_sound() && !self.is_filtered() && self.paging.after.is_none()
    }

    /// Asks the portal, unless the address is not sound.
    pub async fn load<T>(
        &self,
        cx: &Context,
        query: impl Future<Output = Result<Listed<T>, portal::Error>>,
    ) -> Result<Listed<T>, ApiError> {
        if !self.is_sound() {
            set_status(StatusCode::BAD_REQUEST);
            return Ok(Listed::nothing());
        }
        query.await.map_err(|error| cx.failed(&error))
    }

    /// A page of rows that are all at hand, unless the address is not sound.
    pub fn cut<T>(&self, rows: Vec<T>, key: impl Fn(&T) -> Key) -> Listed<T> {
        if !self.is_sound() {
            set_status(StatusCode::BAD_REQUEST);
            return Listed::nothing();
        }
        self.paging.page_of(rows, key)
    }

    /// Whether one of these texts has what stands in the search field, whatever its capitals.
    pub fn finds(&self, texts: &[&str]) -> bool {
        let Some(wanted) = self.value("q") else { return true };
        let wanted = wanted.to_lowercase();
        texts.iter().any(|text| text.to_lowercase().contains(&wanted))
    }

    /// The same list for an export, from this row on.
    pub fn for_export(mut self, after: Option<Cursor>) -> Result<Self, ApiError> {
        if !self.is_sound() {
            return Err(ApiError::Malformed);
        }
        self.paging.after = after;
        self.paging.limit = CHUNK;
        Ok(self)
    }

    /// An address of this list.
    fn address(&self, sort: (SortKey, bool), after: Option<&Cursor>) -> String {
        self.address_at(&self.path, None, sort, after)
    }

    /// This page of the list with one more word for it.
    pub fn address_with(&self, name: &'static str, value: &str) -> String {
        let more = (name, value.to_owned());
        self.address_at(&self.path, Some(&more), self.here(), self.paging.after.as_ref())
    }

    /// An address of this list, or of its file.
    fn address_at(
        &self,
        path: &str,
        object: Option<&(&'static str, String)>,
        sort: (SortKey, bool),
        after: Option<&Cursor>,
    ) -> String {
        let (key, descending) = sort;
        let mut pairs: Vec<_> = object.into_iter().chain(&self.kept).cloned().collect();
        pairs.extend(self.values.iter().cloned());
        if (key, descending) != (self.usual, self.usual.descending) {
            pairs.push(("sort", sort_word(key, descending)));
        }
        if let Some(after) = after {
            pairs.push(("after", after.to_string()));
        }
        let query: Vec<String> = pairs
            .into_iter()
            .map(|(name, value)| format!("{name}={}", format::query(&value)))
            .collect();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
    }

    fn here(&self) -> (SortKey, bool) {
        (self.paging.sort, self.paging.descending)
    }

    /// Makes a column's head sort the list: by it, or the other way round.
    pub fn sortable(&self, key: SortKey, column: Column) -> Column {
        let current = self.paging.sort == key;
        let descending = if current { !self.paging.descending } else { key.descending };
        let now = current.then_some(if self.paging.descending {
            Sort::Descending
        } else {
            Sort::Ascending
        });
        column.sortable(self.address((key, descending), None), now)
    }

    fn error(&self, locale: Locale, name: &str) -> Option<String> {
        let wrong = self.wrong.contains(&name);
        wrong.then(|| match name {
            "from" | "to" => t!(locale, "filter-bad-day"),
            _ => t!(locale, "filter-bad-value"),
        })
    }

    /// A field of free text that takes the width that is left.
    pub fn search_field(&self, locale: Locale, label: String) -> AnyView {
        self.text_field(locale, "q", label, true)
    }

    /// A field of free text.
    pub fn text_field(
        &self,
        locale: Locale,
        name: &'static str,
        label: String,
        wide: bool,
    ) -> AnyView {
        view! {
            <Field
                label=label
                name=name
                kind="search"
                autocomplete="off"
                maxlength=200
                value=self.value(name)
                error=self.error(locale, name)
                wide=wide
            />
        }
        .into_any()
    }

    /// The first and the last day.
    pub fn day_fields(&self, locale: Locale) -> AnyView {
        self.days_of(locale, t!(locale, "filter-from"), t!(locale, "filter-to"))
    }

    /// The first and the last day until which something is paid.
    pub fn paid_fields(&self, locale: Locale) -> AnyView {
        self.days_of(locale, t!(locale, "filter-paid-from"), t!(locale, "filter-paid-to"))
    }

    fn days_of(&self, locale: Locale, from: String, to: String) -> AnyView {
        let fields = [("from", from), ("to", to)].map(|(name, label)| {
            view! {
                <Field
                    label=label
                    name=name
                    kind="date"
                    value=self.value(name)
                    error=self.error(locale, name)
                />
            }
        });
        view! { <div class="field-days">{fields}</div> }.into_any()
    }

    /// A choice of one value, or any.
    pub fn select_field(
        &self,
        locale: Locale,
        name: &'static str,
        label: String,
        choices: Vec<(String, String)>,
    ) -> AnyView {
        let current = self.value(name).unwrap_or_default();
        let mut options = vec![SelectOption::new("", t!(locale, "filter-any"), current)];
        options.extend(
            choices.into_iter().map(|(word, label)| SelectOption::new(word, label, current)),
        );
        view! {
            <SelectField
                label=label
                name=name
                options=options
                error=self.error(locale, name)
            />
        }
        .into_any()
    }

    /// The order; on a narrow screen there are no heads to press.
    pub fn sort_field(&self, locale: Locale) -> AnyView {
        let current = sort_word(self.paging.sort, self.paging.descending);
        let options = self
            .sorts
            .iter()
            .flat_map(|key| [(*key, key.descending), (*key, !key.descending)])
            .map(|(key, descending)| {
                let label = sort_label(locale, key, descending);
                SelectOption::new(sort_word(key, descending), label, &current)
            })
            .collect();
        view! {
            <SelectField
                label=t!(locale, "filter-sort")
                name="sort"
                options=options
                error=self.error(locale, "sort")
                class="field-sort"
            />
        }
        .into_any()
    }

    fn bar(&self, locale: Locale, fields: AnyView) -> impl IntoView + use<> {
        let sorted = self.here() != (self.usual, self.usual.descending);
        let changed = self.is_filtered() || sorted || !self.is_sound();
        let kept = self
            .kept
            .iter()
            .map(|(name, value)| view! { <input type="hidden" name=*name value=value.clone() /> })
            .collect_view();
        let (path, beginning) = (self.path.clone(), self.beginning());
        view! {
            <FilterBar
                action=path
                summary=t!(locale, "filter-fold")
                apply=t!(locale, "filter-apply")
                reset=changed.then(|| t!(locale, "filter-reset"))
                reset_href=beginning
            >
                {kept}
                {fields}
            </FilterBar>
        }
    }

    /// The list without filters, in its usual order.
    fn beginning(&self) -> String {
        let plain = Self {
            path: self.path.clone(),
            file: self.file.clone(),
            kept: self.kept.clone(),
            values: Vec::new(),
            wrong: Vec::new(),
            sorts: self.sorts,
            usual: self.usual,
            paging: Paging::first(self.usual, self.paging.limit),
        };
        plain.address(plain.here(), None)
    }

    /// Ways on through the list, and all of it as a file.
    fn foot(&self, locale: Locale, next: Option<&Cursor>) -> AnyView {
        let first = self.paging.after.is_some().then(|| self.address(self.here(), None));
        let next = next.map(|after| self.address(self.here(), Some(after)));
        let pager = (first.is_some() || next.is_some()).then(|| {
            view! {
                <Pager
                    label=t!(locale, "pager-label")
                    newest=first
                    newest_label=t!(locale, "pager-newest")
                    older=next
                    older_label=t!(locale, "pager-older")
                />
            }
        });
        let (file, object) = &self.file;
        let csv = self.address_at(file, object.as_ref(), self.here(), None);
        foot(locale, pager.map(IntoAny::into_any), csv)
    }
}

/// Below a list: the ways through it, and all of it as a file.
fn foot(locale: Locale, pager: Option<AnyView>, csv: String) -> AnyView {
    // Without pages the file keeps its place at the end.
    view! {
        <div class="spread">
            <div>{pager}</div>
            <a class="btn btn-quiet btn-sm" href=csv title=t!(locale, "csv-hint")>
                <Icon name="download" />
                {t!(locale, "csv-link")}
            </a>
        </div>
    }
    .into_any()
}

fn sort_word(key: SortKey, descending: bool) -> String {
    if descending { format!("-{}", key.word) } else { key.word.to_owned() }
}

fn sort_label(locale: Locale, key: SortKey, descending: bool) -> String {
    match (key.word, descending) {
        ("price", true) => t!(locale, "sort-price-down"),
        ("price", false) => t!(locale, "sort-price-up"),
        ("end", false) => t!(locale, "sort-end-up"),
        ("end", true) => t!(locale, "sort-end-down"),
        ("name", false) => t!(locale, "sort-name-up"),
        ("name", true) => t!(locale, "sort-name-down"),
        ("customers", true) => t!(locale, "sort-customers-down"),
        ("customers", false) => t!(locale, "sort-customers-up"),
        ("cost", true) => t!(locale, "sort-cost-down"),
        ("cost", false) => t!(locale, "sort-cost-up"),
        ("margin", true) => t!(locale, "sort-margin-down"),
        ("margin", false) => t!(locale, "sort-margin-up"),
        ("plans", true) => t!(locale, "sort-plans-down"),
        ("plans", false) => t!(locale, "sort-plans-up"),
        ("shelf", false) => t!(locale, "sort-shelf"),
        ("shelf", true) => t!(locale, "sort-shelf-down"),
        // All others are times.
        (_, true) => t!(locale, "sort-newest"),
        (_, false) => t!(locale, "sort-oldest"),
    }
}

/// A column that sorts the list, where there is one around the table.
pub fn sortable(asked: Option<&Asked>, key: SortKey, column: Column) -> Column {
    match asked {
        Some(asked) => asked.sortable(key, column),
        None => column,
    }
}

/// What stands where a list is empty that nobody filtered.
pub struct Nothing {
    /// Icon.
    pub icon: &'static str,
    /// "No orders yet".
    pub title: String,
    /// What will stand here and how to begin.
    pub text: String,
    /// A button.
    pub action: Option<AnyView>,
}

/// A list: its filters, then its rows with ways on, or why there are none. A title names the box
/// where the list is not all of its page.
pub fn list<T>(
    cx: &Context,
    asked: &Asked,
    title: Option<String>,
    fields: AnyView,
    listed: Listed<T>,
    nothing: Nothing,
    table: impl FnOnce(Vec<T>) -> AnyView,
) -> AnyView {
    let (bar, foot) = around(cx.locale, asked, fields, &listed);
    let id = title.as_ref().map(|_| "list");
    let content = match listed.rows {
        rows if rows.is_empty() => none(cx.locale, asked, nothing),
        rows => table(rows),
    };
    view! {
        {bar}
        <Panel title=title id=id flush=true foot=foot>
            {content}
        </Panel>
    }
    .into_any()
}

/// The same for rows that are boxes themselves.
pub fn boxes<T>(
    cx: &Context,
    asked: &Asked,
    fields: AnyView,
    listed: Listed<T>,
    nothing: Nothing,
    boxes: impl FnOnce(Vec<T>) -> AnyView,
) -> AnyView {
    let (bar, foot) = around(cx.locale, asked, fields, &listed);
    let content = match listed.rows {
        rows if rows.is_empty() => {
            let none = none(cx.locale, asked, nothing);
            view! { <Panel flush=true>{none}</Panel> }.into_any()
        }
        rows => boxes(rows),
    };
    view! {
        {bar}
        {content}
        {foot}
    }
    .into_any()
}

/// The filters above a list and the ways on below it; neither where there is nothing yet.
fn around<T>(
    locale: Locale,
    asked: &Asked,
    fields: AnyView,
    listed: &Listed<T>,
) -> (Option<AnyView>, Option<AnyView>) {
    let empty = listed.rows.is_empty();
    let bar = (!(empty && asked.is_untouched())).then(|| asked.bar(locale, fields).into_any());
    (bar, (!empty).then(|| asked.foot(locale, listed.next.as_ref())))
}

/// Why there are no rows.
fn none(locale: Locale, asked: &Asked, nothing: Nothing) -> AnyView {
    if !asked.is_untouched() {
        return nothing_found(locale, asked);
    }
    let Nothing { icon, title, text, action } = nothing;
    view! { <Empty icon=icon title=title text=text action=action /> }.into_any()
}

fn nothing_found(locale: Locale, asked: &Asked) -> AnyView {
    let (title, text) = if !asked.is_sound() {
        (t!(locale, "list-bad"), t!(locale, "list-bad-text"))
    } else if asked.paging.after.is_some() {
        (t!(locale, "list-past"), t!(locale, "list-past-text"))
    } else {
        (t!(locale, "list-no-match"), t!(locale, "list-no-match-text"))
    };
    let href = asked.beginning();
    let action = view! {
        <a class="btn" href=href>
            {t!(locale, "filter-reset")}
        </a>
    }
    .into_any();
    view! { <Empty icon="search" title=title text=text action=action /> }.into_any()
}
