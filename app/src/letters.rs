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
        Template::VendorBalance => {
            let link = format!("{base_url}/admin/vendors");
            let vendor = arg("vendor");
            (
                t!(locale, "mail-vendor-balance-subject", vendor = vendor.clone()),
                t!(locale, "mail-vendor-balance-body", vendor = vendor, link = link),
            )
        }
        Template::VendorBalanceLow => {
            let link = format!("{base_url}/admin/vendors");
            let (vendor, balance) = (arg("vendor"), arg("balance"));
            (
                t!(
                    locale,
                    "mail-vendor-low-subject",
                    vendor = vendor.clone(),
                    balance = balance.clone()
                ),
                t!(
                    locale,
                    "mail-vendor-low-body",
                    vendor = vendor,
                    balance = balance,
                    threshold = arg("threshold"),
                    link = link
                ),
            )
        }
        Template::RenewalUnpaid => {
            let link = format!("{base_url}/my/licenses/{}", arg("license"));
            (
                t!(locale, "mail-renewal-unpaid-subject", plan = arg("plan")),
                t!(
                    locale,
                    "mail-renewal-unpaid-body",
                    plan = arg("plan"),
                    day = arg("day"),
                    missing = arg("missing"),
                    link = link
                ),
            )
        }
    };
    Text { subject, body }
}

#[cfg(test)]
mod tests {
    use portal::locale::Locale;
    use serde_json::json;

    use super::*;

    fn mail(template: Template, locale: Locale) -> Outgoing {
        Outgoing {
            id: uuid::Uuid::nil(),
            template,
            recipient: "ada@example.org".to_owned(),
            locale,
            args: json!({ "token": "abc", "plan": "ispmanager 6 lite", "order": 10001, "license": "l-1",
                "vendor": "ISPsystem", "day": "2026-12-21", "missing": "4.90 EUR",
                "balance": "9.00 EUR", "threshold": "50.00 EUR" }),
            created_at: time::OffsetDateTime::UNIX_EPOCH,
            sent_at: None,
            last_error: None,
        }
    }

    #[test]
    fn every_mail_says_what_it_is_and_where_to_go() {
        for locale in Locale::ALL {
            for (template, link) in [
                (Template::Welcome, "https://shop.example/verify?token=abc"),
                (Template::JoinKnown, "https://shop.example/login"),
                (Template::LicenseReady, "https://shop.example/my/licenses/l-1"),
                (Template::VendorBalance, "https://shop.example/admin/vendors"),
                (Template::VendorBalanceLow, "https://shop.example/admin/vendors"),
                (Template::RenewalUnpaid, "https://shop.example/my/licenses/l-1"),
            ] {
                let text = write(&mail(template, locale), "https://shop.example");
                assert!(text.body.lines().any(|line| line == link), "{template:?}: {}", text.body);
                for part in [&text.subject, &text.body] {
                    assert!(!part.is_empty() && !part.contains(['{', '}', '\u{2068}']), "{part}");
                }
            }
        }
        let ready = write(&mail(Template::LicenseReady, Locale::En), "");
        assert!(ready.body.contains("order 10001 "), "{}", ready.body);
    }

    #[test]
    fn a_forgotten_link_is_not_made_up() {
        let mut sent = mail(Template::Welcome, Locale::En);
        sent.args = json!({});
        assert!(!write(&sent, "https://shop.example").body.contains("token"));
    }
}
