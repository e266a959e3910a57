//! The outbox, as the customers read it.

use leptos::prelude::*;
use portal::mail::Outgoing;

use super::{DESK_PAGE, Shown, frame, page};
use crate::components::{
    Cell, Column, DataTable, Disclosure, Empty, PageHead, Panel, RowHead, StatusPill, Tone,
};
use crate::context::Context;
use crate::{format, letters, t};

/// `/admin/mail`
#[component]
pub fn DeskMail() -> impl IntoView {
    page(mail)
}

async fn mail(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let mails = cx.portal.mails(staff, DESK_PAGE).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "desk-mail-title");
    let content = if mails.is_empty() {
        view! {
            <Panel>
                <Empty
                    icon="mail"
                    title=t!(locale, "desk-mail-empty")
                    text=t!(locale, "desk-mail-empty-text")
                />
            </Panel>
        }
        .into_any()
    } else {
        let table = table(&cx, mails);
        view! { <Panel flush=true>{table}</Panel> }.into_any()
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "desk-mail-lead") />
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/mail", main))
}

fn table(cx: &Context, mails: Vec<Outgoing>) -> impl IntoView + use<> {
    let locale = cx.locale;
    let demo = cx.portal.demo;
    let columns = vec![
        Column::text(t!(locale, "col-mail")),
        Column::text(t!(locale, "col-written")),
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
            let (tone, icon, word, why) = match (mail.sent_at, mail.last_error) {
                (Some(at), _) => (
                    Tone::Success,
                    "circle-check",
                    t!(locale, "mail-sent"),
                    Some(format::moment(locale, at)),
                ),
                (None, Some(error)) => {
                    (Tone::Warning, "triangle-alert", t!(locale, "mail-failed"), Some(error))
                }
                (None, None) => (Tone::Info, "clock", t!(locale, "mail-waiting"), None),
            };
            view! {
                <tr>
                    <RowHead sub=mail.recipient>{text.subject}</RowHead>
                    <Cell label=t!(locale, "col-written")>
                        {format::moment(locale, mail.created_at)}
                    </Cell>
                    <Cell label=t!(locale, "col-status") sub=why>
                        <StatusPill tone=tone icon=icon label=word />
                    </Cell>
                    <Cell label=t!(locale, "col-text")>
                        <Disclosure summary=t!(locale, "mail-read")>
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
