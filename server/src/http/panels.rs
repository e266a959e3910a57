//! `pricelist.export` for ispmanager panels, which fetch the prices of modules without signing in
//! (seed 004, step 1; protocol section 5). Asked for on the root path or where a BILLmanager would be.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Currency;
use portal::Portal;
use portal::catalog::PanelModule;
use quick_xml::escape::escape;
use sha2::{Digest as _, Sha256};
use time::Date;
use url::form_urlencoded;

/// Where panels ask.
const PATHS: [&str; 3] = ["/", "/billmgr", "/manager/billmgr"];
/// The function that this door has.
const FUNC: &str = "pricelist.export";

/// The list as it was last written.
pub(super) struct Door {
    portal: Portal,
    /// The one currency of the list: nothing says which one a panel takes of several.
    currency: Currency,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    generation: Option<u64>,
    day: Date,
    lists: Lists,
}

#[derive(Clone)]
struct Lists {
    all: Document,
    available: Document,
}

#[derive(Clone)]
struct Document {
    body: Bytes,
    tag: HeaderValue,
}

impl Door {
    pub(super) fn new(portal: Portal, currency: Currency) -> Arc<Self> {
        Arc::new(Self { portal, currency, kept: Mutex::default() })
    }

    /// The lists as they are now; those of before, if the database cannot be reached.
    async fn lists(&self) -> Option<Lists> {
        // Before the list is read: whatever changes meanwhile makes another generation.
        let generation = self.portal.catalog_generation();
        let day = self.portal.clock.now().date();
        let known = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.as_ref().map(|kept| {
                let current =
                    kept.generation.is_some() && kept.generation == generation && kept.day == day;
                (current, kept.lists.clone())
            })
        };
        if let Some((true, lists)) = known {
            return Some(lists);
        }
        match self.portal.modules_for_panels(self.currency).await {
            Ok(modules) => {
                let lists = Lists::of(&modules);
                let kept = Kept { generation, day, lists: lists.clone() };
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
                Some(lists)
            }
            Err(error) => {
                tracing::warn!(error = %error.chain(), "panels get the last good list of modules");
                known.map(|(_, lists)| lists)
            }
        }
    }
}

impl Lists {
    fn of(modules: &[PanelModule]) -> Self {
        let available = modules.iter().filter(|module| module.is_available);
        Self { all: Document::of(modules.iter()), available: Document::of(available) }
    }
}

impl Document {
    fn of<'a>(modules: impl Iterator<Item = &'a PanelModule>) -> Self {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc>");
        for module in modules {
            let name = escape(&module.name);
            let service = escape(&module.service_name);
            // Writing into a string never fails.
            let _ = write!(
                xml,
                "<pricelist><id>{}</id><name>{name}</name><intname>{service}</intname>\
                 <additionintname>{service}</additionintname><price currency=\"{}\">\
                 <period cost=\"{}\" type=\"month\" length=\"1\">monthly</period></price></pricelist>",
                module.number,
                module.month.currency().code(),
                four_decimals(module.month.amount()),
            );
        }
        xml.push_str("</doc>\n");
        let print = hex::encode(Sha256::digest(xml.as_bytes()));
        let tag = HeaderValue::try_from(format!("\"{}\"", print.get(..32).unwrap_or(&print)));
        let tag = tag.unwrap_or(HeaderValue::from_static("\"\""));
        Self { body: xml.into(), tag }
    }

    fn answer(self, asked: &HeaderMap) -> Response {
        let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        let tag = self.tag.to_str().unwrap_or_default();
        let is_known = known.is_some_and(|known| {
            known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
        });
        // Whoever keeps it asks again: prices may change at any time.
        let caching = HeaderValue::from_static("public, no-cache");
        let headers = [(header::ETAG, self.tag), (header::CACHE_CONTROL, caching)];
        if is_known {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        // Old clients compare the type letter by letter (protocol section 0, item 3).
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"))];
        (headers, kind, self.body).into_response()
    }
}

/// Ten-thousandths as prices on the wire: "15.0000".
fn four_decimals(amount: i64) -> String {
    let (whole, part) = (amount.unsigned_abs() / 10_000, amount.unsigned_abs() % 10_000);
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{whole}.{part:04}")
}

/// The value of a parameter of the address. The semicolon that the documents' own samples end with is
/// no part of it.
fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<Cow<'a, str>> {
    let pair = uri.query()?.split('&').find(|pair| {
        pair.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })?;
    let value = pair.split_once('=').map_or("", |(_, value)| value);
    // Almost nobody encodes any of it.
    let value = if value.contains(['%', '+']) {
        form_urlencoded::parse(pair.as_bytes()).next().map_or(Cow::Borrowed(""), |(_, value)| value)
    } else {
        Cow::Borrowed(value)
    };
    Some(match value {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches([';', ' '])),
        Cow::Owned(text) => Cow::Owned(text.trim_end_matches([';', ' ']).to_owned()),
    })
}

/// Answers panels, and lets everybody else pass.
pub(super) async fn prices(
    State(door): State<Arc<Door>>,
    request: Request,
    next: Next,
) -> Response {
    let uri = request.uri();
    let is_asked = matches!(*request.method(), Method::GET | Method::HEAD)
        && PATHS.contains(&uri.path())
        && parameter(uri, "func").as_deref() == Some(FUNC);
    if !is_asked {
        return next.run(request).await;
    }
    let Some(lists) = door.lists().await else {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc><error type=\"db\" object=\"\" \
                    lang=\"en\"><msg>Try again later</msg><detail>Try again later</detail></error></doc>\n";
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/xml")], body)
            .into_response();
    };
    let wanted = parameter(uri, "itemtype");
    let wanted = wanted.as_deref().unwrap_or("addition");
    let available = parameter(uri, "onlyavailable").is_some_and(|value| value != "off");
    let document = match (wanted, available) {
        ("addition", false) => lists.all,
        ("addition", true) => lists.available,
        // Nothing else is sold to panels.
        _ => Document::of(std::iter::empty()),
    };
    document.answer(request.headers())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Money;

    #[test]
    fn the_list_is_what_the_document_shows() {
        let module = PanelModule {
            number: 23_221,
            name: "DDoS-GUARD & <co>".into(),
            service_name: "DDoSGUARD".into(),
            month: Money::parse("15", Currency::USD).unwrap(),
            is_available: false,
        };
        let lists = Lists::of(&[module]);
        let all = std::str::from_utf8(&lists.all.body).unwrap();
        assert_eq!(
            all,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc><pricelist><id>23221</id>\
             <name>DDoS-GUARD &amp; &lt;co&gt;</name><intname>DDoSGUARD</intname>\
             <additionintname>DDoSGUARD</additionintname><price currency=\"USD\">\
             <period cost=\"15.0000\" type=\"month\" length=\"1\">monthly</period></price>\
             </pricelist></doc>\n"
        );
        let available = std::str::from_utf8(&lists.available.body).unwrap();
        assert!(available.ends_with("<doc></doc>\n"), "{available}");
        assert_ne!(lists.all.tag, lists.available.tag);
        assert_eq!(four_decimals(9_139_286), "913.9286");
        assert_eq!(four_decimals(5), "0.0005");
    }
}
