//! The outbox, as the customers read it.

use leptos::prelude::*;
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;
use portal::mail::{BY_TIME, MailFilter, MailState, Outgoing, SORTS};

use super::{DESK_PAGE, Shown, frame, page};
use crate::api::ApiError;
use crate::components::{Cell, Column, DataTable, Disclosure, PageHead, RowHead, StatusPill, Tone};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, letters, t};

/// `/admin/mail`
#[component]
pub fn DeskMail() -> impl IntoView {
    page(mail)
}

async fn mail(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let (asked, filter) = asked(&cx);
    let mails = asked.load(&cx, cx.portal.mails(staff, &filter, &asked.paging)).await?;
    let locale = cx.locale;
    let title = t!(locale, "desk-mail-title");
    let states = MailState::ALL
        .map(|state| {
            let (_, _, word) = status(locale, state);
            (state.as_str().to_owned(), word)
        })
        .to_vec();
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-recipient"))}
        {asked.select_field(locale, "state", t!(locale, "col-status"), states)}
        {asked.day_fields(locale)}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "mail",
        title: t!(locale, "desk-mail-empty"),
        text: t!(locale, "desk-mail-empty-text"),
        action: None,
    };
    let content =
        list(&cx, &asked, None, fields, mails, nothing, |rows| table(&cx, &asked, rows).into_any());
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "desk-mail-lead") />
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/mail", main))
}

fn asked(cx: &Context) -> (Asked, MailFilter) {
    let names = ["q", "state", "from", "to"];
    let usual = Paging::first(BY_TIME, DESK_PAGE);
    let mut asked = Asked::read(cx, "/admin/mail", &names, &SORTS, usual);
    let filter = MailFilter {
        state: asked.parsed("state", MailState::from_word),
        recipient: asked.value("q").map(str::to_owned),
        days: asked.days(),
    };
    (asked, filter)
}

/// The columns of the file; no texts, since some hold links that prove an address.
pub const CSV: &[&str] =
    &["written_at", "recipient", "mail", "language", "state", "sent_at", "error"];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let mails = asked.load(cx, cx.portal.mails(staff, &filter, &asked.paging)).await?;
    Ok(Chunk::of(mails, |mail| {
        vec![
            Value::time(mail.created_at),
            Value::text(&mail.recipient),
            Value::plain(mail.template.as_str()),
            Value::plain(mail.locale.as_str()),
            Value::plain(mail.state().as_str()),
            mail.sent_at.map_or_else(Value::empty, Value::time),
            Value::maybe(mail.last_error),
        ]
    }))
}

fn status(locale: Locale, state: MailState) -> (Tone, &'static str, String) {
    match state {
        MailState::Sent => (Tone::Success, "circle-check", t!(locale, "mail-sent")),
        MailState::Failing => (Tone::Warning, "triangle-alert", t!(locale, "mail-failed")),
        MailState::Waiting => (Tone::Info, "clock", t!(locale, "mail-waiting")),
    }
}

fn table(cx: &Context, asked: &Asked, mails: Vec<Outgoing>) -> impl IntoView + use<> {
    let locale = cx.locale;
    let demo = cx.portal.demo;
    let columns = vec![
        Column::text(t!(locale, "col-mail")),
        asked.sortable(BY_TIME, Column::text(t!(locale, "col-written"))),
        Column::text(t!(locale, "col-status")),
        Column::text(t!(locale, "col-text")),
    ];
    let rows = mails
        .into_iter()
        .map(|mut mail| {
            // The link proves an address and is its reader's secret; the demo shows its own.
            if !demo && let Some(args) = mail.args.as_object_mut() {
                args.remove("token");
            }
            let text = letters::write(&mail, "");
            let (tone, icon, word) = status(locale, mail.state());
            let written = format::moment(locale, mail.created_at);
            // What left within the minute says its minute once.
            let why = match mail.sent_at {
                Some(at) => Some(format::moment(locale, at)).filter(|sent| *sent != written),
                None => mail.last_error,
            };
            view! {
                <tr>
                    <RowHead sub=mail.recipient>{text.subject}</RowHead>
                    <Cell label=t!(locale, "col-written")>{written}</Cell>
                    <Cell label=t!(locale, "col-status") sub=why>
                        <StatusPill tone=tone icon=icon label=word />
                    </Cell>
                    <Cell label=t!(locale, "col-text")>
                        <Disclosure summary=t!(locale, "filter-show")>
                            <pre class="code">{body(&text.body)}</pre>
                        </Disclosure>
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "desk-mail-title") columns=columns>
            {rows}
        </DataTable>
    }
}

/// The lines of a mail; one that is an address of this site is a link.
fn body(text: &str) -> impl IntoView + use<> {
    text.lines()
        .map(|line| {
            let line = line.to_owned();
            if line.starts_with('/') {
                let href = line.clone();
                view! {
                    <a href=href>{line}</a>
                    "\n"
                }
                .into_any()
            } else {
                format!("{line}\n").into_any()
            }
        })
        .collect_view()
}
