//! What a request knows: who asks, in which language, and what went wrong with their form.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use portal::Portal;
use portal::locale::Locale;
use portal::people::{CustomerViewer, Permission, StaffViewer, Viewer};
use tower_sessions::Session;

use crate::api::ApiError;
use crate::t;

/// Everything that pages and server functions may know of their request; made by the server's
/// middleware and carried in the request's extensions.
#[derive(Clone)]
pub struct Context {
    /// The use cases.
    pub portal: Portal,
    /// Who asks.
    pub viewer: Viewer,
    /// The language of the answer.
    pub locale: Locale,
    /// Light, dark, or what the system says.
    pub theme: Theme,
    /// The caller's address, for throttling.
    pub place: String,
    /// Path and query of the page.
    pub address: String,
    /// The session; touched by signing in and out only.
    pub session: Session,
    /// Addresses of the site's files.
    pub site: Arc<Site>,
    /// The form that came in, when it was refused.
    pub refused: Option<Arc<Refused>>,
    /// Where a server function leaves its refusal.
    pub slot: RefusalSlot,
}

/// Colours of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Reads the cookie or the form.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// Value of `data-theme`; none leaves it to the system.
    #[must_use]
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

/// Addresses of the site's files with their content hashes, as the bundler wrote them.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Logical name to address.
    pub files: BTreeMap<String, String>,
    /// The e-mail address that customers write to.
    pub support: Option<String>,
}

impl Site {
    /// The link by which somebody asks us, where there is an address for that.
    #[must_use]
    pub fn ask(&self) -> Option<String> {
        self.support.as_ref().map(|address| format!("mailto:{address}"))
    }

    /// The address of a file; its plain name when the bundle is missing.
    #[must_use]
    pub fn href(&self, name: &str) -> String {
        self.files.get(name).cloned().unwrap_or_else(|| format!("/assets/{name}"))
    }
}

/// A form that was not accepted, with everything needed to show it again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// The page that shows the form, as path and query.
    pub page: String,
    /// What is wrong: the field's id, or empty, and a sentence.
    pub errors: Vec<(String, String)>,
    /// What was typed; never a password.
    pub values: BTreeMap<String, String>,
    /// The answer's status.
    pub status: StatusCode,
}

/// Where a server function leaves its refusal for the middleware that shows the form again.
#[derive(Debug, Clone, Default)]
pub struct RefusalSlot(Arc<Mutex<Option<Refused>>>);

impl RefusalSlot {
    /// Takes the refusal out, if there is one.
    #[must_use]
    pub fn take(&self) -> Option<Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, refused: Refused) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refused);
    }
}

/// The context of the request that is being answered.
///
/// # Panics
/// When it is called outside of one.
#[must_use]
pub fn context() -> Context {
    expect_context::<Context>()
}

/// Provides [`Context`] and the icons' address from the request's extensions; called by the
/// server for every rendering and every server function.
pub fn provide() {
    let Some(context) = use_context::<Parts>().and_then(|p| p.extensions.get::<Context>().cloned())
    else {
        return;
    };
    if crate::shell::route_needs_islands(context.path()) {
        allow_scripts();
    }
    provide_context(crate::components::Sprite(context.site.href("icons.svg")));
    provide_context(context);
}

/// Pages with islands may run the one inline script that bears the request's nonce, and WASM; all
/// other pages keep the server's policy, under which no inline script runs at all.
fn allow_scripts() {
    let (Some(nonce), Some(options)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

impl Context {
    /// The customer's user, or a way to sign in and come back.
    pub fn customer(&self) -> Result<&CustomerViewer, ApiError> {
        self.viewer.customer().ok_or(ApiError::SignIn)
    }

    /// The member of the staff; to everybody else the desk does not exist.
    pub fn staff(&self) -> Result<&StaffViewer, ApiError> {
        match &self.viewer {
            Viewer::Staff(staff) => Ok(staff),
            Viewer::Guest => Err(ApiError::SignIn),
            Viewer::Customer(_) => Err(ApiError::NotFound),
        }
    }

    /// The member of the staff, if their role may do that; to others the page does not exist.
    pub fn staff_who_may(&self, permission: Permission) -> Result<&StaffViewer, ApiError> {
        self.staff().and_then(|staff| {
            if staff.role.may(permission) { Ok(staff) } else { Err(ApiError::NotFound) }
        })
    }

    /// The page's path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.address.split_once('?').map_or(&self.address, |(path, _)| path)
    }

    /// A value of the page's query. The router decodes twice, which would tear apart an address
    /// that is itself a value, such as `next`.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.address.split_once('?')?;
        query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key) == name).then(|| decoded(value))
        })
    }

    /// What was typed into a field of the refused form.
    #[must_use]
    pub fn typed(&self, field: &str) -> Option<String> {
        self.refused.as_ref()?.values.get(field).cloned()
    }

    /// What is wrong with a field of the refused form.
    #[must_use]
    pub fn error_of(&self, field: &str) -> Option<String> {
        let errors = &self.refused.as_ref()?.errors;
        errors.iter().find(|(name, _)| name == field).map(|(_, text)| text.clone())
    }

    /// Everything that is wrong with the refused form.
    #[must_use]
    pub fn errors(&self) -> Vec<(String, String)> {
        self.refused.as_ref().map(|refused| refused.errors.clone()).unwrap_or_default()
    }

    /// The status of a request that was refused without reasons of its own: its page is told
    /// instead of the form.
    #[must_use]
    pub fn refused_as_a_whole(&self) -> Option<StatusCode> {
        let refused = self.refused.as_ref()?;
        let whole = refused.errors.is_empty() && !refused.status.is_success();
        whole.then_some(refused.status)
    }

    /// Refuses a form: it is shown again on `page` with this status.
    pub fn refuse(&self, refused: Refused) -> ApiError {
        if let Some(options) = use_context::<ResponseOptions>() {
            options.set_status(refused.status);
        }
        self.slot.put(refused);
        ApiError::Refused
    }

    /// Logs what failed inside and tells the caller no more than that.
    pub fn failed(&self, error: &portal::Error) -> ApiError {
        tracing::error!(error = error.chain(), path = self.path(), "a request failed");
        if error.is_passing() { ApiError::Away } else { ApiError::Failed }
    }

    /// A sentence for a failure that is not the caller's.
    #[must_use]
    pub fn sorry(&self) -> String {
        t!(self.locale, "error-inside")
    }
}

/// Ends a server function with a redirect that a browser follows by GET.
pub fn see_other(address: &str) {
    leptos_axum::redirect(address);
    if let Some(options) = use_context::<ResponseOptions>() {
        options.set_status(StatusCode::SEE_OTHER);
    }
}

/// Sets the page's status.
pub fn set_status(status: StatusCode) {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.set_status(status);
    }
}

/// A name or a value of a query.
fn decoded(text: &str) -> String {
    leptos_router::location::Url::unescape(&text.replace('+', " "))
}

/// An address inside this site, for coming back to; anything else becomes the front page.
#[must_use]
pub fn inside(address: &str) -> String {
    let mut chars = address.chars();
    let starts = chars.next() == Some('/') && !matches!(chars.next(), Some('/' | '\\'));
    // Anything but plain characters would not fit into a header either.
    if starts && !address.contains('\\') && address.chars().all(|c| c.is_ascii_graphic()) {
        address.to_owned()
    } else {
        "/".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{decoded, inside};

    #[test]
    fn coming_back_stays_inside() {
        assert_eq!(inside("/p/isp6-lite?period=12"), "/p/isp6-lite?period=12");
        for evil in [
            "//evil",
            "/\\evil",
            "https:evil",
            "",
            "evil",
            "/a\\b",
            "/a\nb",
            "/\t/evil",
            "javascript:x",
            "/имя",
            "/a b",
        ] {
            assert_eq!(inside(evil), "/", "{evil:?}");
        }
    }

    #[test]
    fn a_query_is_decoded_once() {
        assert_eq!(decoded("a+b%20c"), "a b c");
        assert_eq!(decoded("%2Fp%2Fx%3Fname%3D%2541"), "/p/x?name=%41");
    }
}
