//! Mails: plain text, in the reader's language, one thing each.

use portal::mail::{Outgoing, Template, Text};

use crate::t;

/// Writes a mail. `base_url` has no slash at its end; links stand on lines of their own.
#[must_use]
pub fn write(mail: &Outgoing, base_url: &str) -> Text {
    let locale = mail.locale;
    let arg = |name: &str| match mail.args.get(name) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let (subject, body) = match mail.template {
        Template::Welcome => {
            let link = match arg("token") {
                // Once the mail has left, its link is forgotten here.
                token if token.is_empty() => t!(locale, "mail-link-gone"),
                token => format!("{base_url}/verify?token={token}"),
            };
            let email = mail.recipient.clone();
            (
                t!(locale, "mail-welcome-subject"),
                t!(locale, "mail-welcome-body", email = email, link = link),
            )
        }
        Template::JoinKnown => {
            let link = format!("{base_url}/login");
            let email = mail.recipient.clone();
            (
                t!(locale, "mail-known-subject"),
                t!(locale, "mail-known-body", email = email, link = link),
            )
        }
        Template::LicenseReady => {
            let link = format!("{base_url}/my/licenses/{}", arg("license"));
            (
                t!(locale, "mail-ready-subject", plan = arg("plan")),
                t!(
                    locale,
                    "mail-ready-body",
                    plan = arg("plan"),
                    order = arg("order"),
                    link = link
                ),
            )
        }
    };
    Text { subject, body }
}
