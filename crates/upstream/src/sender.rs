//! The one place that builds HTTP clients and sends calls to vendors.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use billmgr::Call;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, redirect};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::outcome::{Evidence, Exchange, Failure};
use crate::resolve::{self, Inside};

/// The largest answer to an action or a form.
const BODY_LIMIT: usize = 1 << 20;
/// The largest answer to a list.
const LIST_LIMIT: usize = 16 << 20;
/// How much of an answer is kept as evidence.
const EVIDENCE_LIMIT: usize = 16 << 10;

/// Where a vendor listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why an address cannot be a vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an absolute http(s) URL without credentials, query and fragment.
    #[error("the address is not a plain http or https URL")]
    Malformed,
    /// Plain http is for the simulator on this machine only.
    #[error("the address must use https")]
    Insecure,
    /// A loopback, private or otherwise special address, and the configuration does not name it.
    #[error("the address is inside this network")]
    Internal,
}

impl Endpoint {
    /// Reads a vendor's address. Plain http is for this very machine only, where the simulator is.
    pub fn parse(text: &str, inside: &Inside) -> Result<Self, EndpointError> {
        let url = Url::parse(text).map_err(|_| EndpointError::Malformed)?;
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err(EndpointError::Malformed);
        }
        let host = url.host().ok_or(EndpointError::Malformed)?;
        let (loopback, internal) = match host {
            Host::Ipv4(ip) => (ip.is_loopback(), resolve::is_internal(ip.into())),
            Host::Ipv6(ip) => (ip.is_loopback(), resolve::is_internal(ip.into())),
            // Where a name leads is looked at when it is looked up.
            Host::Domain(name) => (resolve::is_own_name(name), false),
        };
        if (internal || loopback) && !inside.names(&host) {
            return Err(EndpointError::Internal);
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if loopback => Ok(Self(url)),
            "http" => Err(EndpointError::Insecure),
            _ => Err(EndpointError::Malformed),
        }
    }
}

/// A login at a vendor. Its `Debug` shows no password.
#[derive(Clone)]
pub struct Credentials {
    /// The user's name, often an e-mail address.
    pub username: String,
    /// The password.
    pub password: SecretString,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Sends calls. It keeps no connections, follows no redirects, repeats nothing.
#[derive(Clone)]
pub struct Sender {
    wire: Arc<dyn Wire>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

/// The way that the bytes of a call take: HTTP, or in a test a vendor that lives in this process.
pub trait Wire: Send + Sync {
    /// Posts this form, once; the body of a good answer, or why there is none beside what came.
    fn post<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        form: &'a [(&'a str, &'a str)],
        limits: Limits,
    ) -> Posting<'a>;
}

/// An answer that is awaited.
pub type Posting<'a> = Pin<Box<dyn Future<Output = Result<Posted, Broken>> + Send + 'a>>;

/// A good answer.
#[derive(Debug)]
pub struct Posted {
    /// What came.
    pub body: Vec<u8>,
    /// What its header says that it is: some vendors name the charset only there.
    pub content_type: Option<String>,
}

/// Why there is no good answer, and what came instead of it.
pub type Broken = (Failure, Vec<u8>);

struct Http(Client);

/// A call's limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the first byte out to the last byte in, connecting included.
    pub total: Duration,
    /// The answer may be a long list.
    pub list: bool,
}

impl Sender {
    /// A sender whose connections must stand within `connect`, and lead inside only to these hosts.
    ///
    /// # Errors
    /// When the TLS provider is not installed.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that builds clients")]
    pub fn new(connect: Duration, inside: Inside) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(connect)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A reused connection may die between two requests, and then nobody knows whether the
            // vendor saw the second one.
            .pool_max_idle_per_host(0)
            .http1_only()
            .dns_resolver(Arc::new(resolve::Outside(inside)))
            .no_proxy()
            .user_agent("Keystall")
            .build()?;
        Ok(Self::over(Arc::new(Http(client))))
    }

    /// A sender whose calls take this way.
    #[must_use]
    pub fn over(wire: Arc<dyn Wire>) -> Self {
        Self { wire }
    }

    /// Sends one call, once.
    pub async fn send(
        &self,
        endpoint: &Endpoint,
        credentials: &Credentials,
        call: &Call,
        limits: Limits,
    ) -> Exchange {
        let password = credentials.password.expose_secret();
        let authinfo = format!("{}:{password}", credentials.username);
        let mut form = vec![("authinfo", authinfo.as_str()), ("out", "xml"), ("func", call.func())];
        form.extend(call.params().iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let work = self.wire.post(endpoint, &form, limits);
        let (result, body) = match tokio::time::timeout(limits.total, work).await {
            Err(_) => (Err(Failure::OutcomeUnknown("no answer in time".to_owned())), Vec::new()),
            Ok(Err((failure, body))) => (Err(failure), body),
            Ok(Ok(Posted { body, content_type })) => {
                (billmgr::read(&body, content_type.as_deref()).map_err(Failure::from), body)
            }
        };
        let secrets = [authinfo.as_str(), password];
        let result = result.map(|mut doc| {
            doc.redact(&secrets);
            doc
        });
        Exchange { result, evidence: evidence(&body, &secrets) }
    }
}

impl Wire for Http {
    fn post<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        form: &'a [(&'a str, &'a str)],
        limits: Limits,
    ) -> Posting<'a> {
        let request = self.0.post(endpoint.0.clone()).form(form);
        Box::pin(async move {
            let response = request.send().await.map_err(|error| classify(&error))?;
            let status = response.status().as_u16();
            let content_type = response.headers().get(CONTENT_TYPE);
            let content_type = content_type.and_then(|kind| kind.to_str().ok()).map(str::to_owned);
            let body = read_body(response, limits).await?;
            accept(status, body, content_type)
        })
    }
}

/// The body of an answer with this status, if it is a good one.
///
/// # Errors
/// Any other status says nothing about what happened.
pub fn accept(status: u16, body: Vec<u8>, content_type: Option<String>) -> Result<Posted, Broken> {
    if (200..300).contains(&status) {
        Ok(Posted { body, content_type })
    } else {
        Err((Failure::OutcomeUnknown(format!("HTTP {status}")), body))
    }
}

/// Every connection is fresh, so an error while connecting proves that no request left.
fn classify(error: &reqwest::Error) -> Broken {
    let why = chain(error);
    let failure =
        if error.is_connect() { Failure::NotSent(why) } else { Failure::OutcomeUnknown(why) };
    (failure, Vec::new())
}

async fn read_body(mut response: reqwest::Response, limits: Limits) -> Result<Vec<u8>, Broken> {
    let most = if limits.list { LIST_LIMIT } else { BODY_LIMIT };
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > most => {
                return Err((Failure::OutcomeUnknown("the answer is too long".to_owned()), body));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err((Failure::OutcomeUnknown(chain(&error)), body)),
        }
    }
}

/// The reasons without the URL, outermost first.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        parts.push(source.to_string());
        next = source.source();
    }
    if parts.is_empty() { "the connection failed".to_owned() } else { parts.join(": ") }
}

fn evidence(body: &[u8], secrets: &[&str]) -> Evidence {
    // Redacted first and cut afterwards, so that no half of a secret stays at the end.
    let mut text = String::from_utf8_lossy(body).replace('\0', "\u{fffd}");
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "[redacted]");
    }
    let cut = text.char_indices().map(|(at, _)| at).find(|at| *at >= EVIDENCE_LIMIT);
    text.truncate(cut.unwrap_or(text.len()));
    Evidence(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_is_outside_and_speaks_https() {
        assert!(Endpoint::parse("https://api.ispmanager.com/billmgr", &Inside::default()).is_ok());
        assert!(Endpoint::parse("http://127.0.0.1:3010/billmgr", &Inside::machine()).is_ok());
        for (text, error) in [
            ("http://api.ispmanager.com/", EndpointError::Insecure),
            ("ftp://api.ispmanager.com/", EndpointError::Malformed),
            ("https://user:pw@api.ispmanager.com/", EndpointError::Malformed),
            ("https://api.ispmanager.com/?x=1", EndpointError::Malformed),
            ("billmgr", EndpointError::Malformed),
        ] {
            assert_eq!(Endpoint::parse(text, &Inside::machine()), Err(error), "{text}");
        }
        for text in [
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://localhost/",
            "https://[::1]/",
            "https://x.localhost/",
        ] {
            assert_eq!(
                Endpoint::parse(text, &Inside::default()),
                Err(EndpointError::Internal),
                "{text}"
            );
        }
        for text in [
            "https://10.0.0.1/",
            "https://192.168.0.1/",
            "https://169.254.169.254/latest",
            "https://0.0.0.0/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::]/",
        ] {
            assert_eq!(
                Endpoint::parse(text, &Inside::machine()),
                Err(EndpointError::Internal),
                "{text}"
            );
        }
    }

    #[test]
    fn a_vendor_inside_is_one_that_the_configuration_names() {
        let hosts = ["10.0.0.5", "fd00::5", "billing.corp"].map(|host| host.parse().unwrap());
        let inside = Inside::default().and(hosts);
        for named in
            ["https://10.0.0.5:1500/billmgr", "https://[fd00::5]/", "https://Billing.corp/"]
        {
            assert!(Endpoint::parse(named, &inside).is_ok(), "{named}");
        }
        for other in ["https://10.0.0.6/", "https://127.0.0.1/", "https://localhost/"] {
            assert_eq!(Endpoint::parse(other, &inside), Err(EndpointError::Internal), "{other}");
        }
        let plain = Endpoint::parse("http://10.0.0.5/billmgr", &inside);
        assert_eq!(plain, Err(EndpointError::Insecure));
    }

    #[test]
    fn secrets_are_redacted_by_value() {
        let kept = evidence(b"<doc>u:Pass1 and Pass1\0</doc>", &["u:Pass1", "Pass1"]);
        assert_eq!(kept.0, "<doc>[redacted] and [redacted]\u{fffd}</doc>");
        let debug = format!(
            "{:?}",
            Credentials { username: "u".into(), password: "Pass1".to_owned().into() }
        );
        assert!(!debug.contains("Pass1"), "{debug}");
    }

    #[tokio::test]
    async fn a_refused_connection_is_not_sent_and_silence_is_unknown() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sender = Sender::new(Duration::from_secs(2), Inside::machine()).unwrap();
        let credentials = Credentials { username: "u".into(), password: "p".to_owned().into() };
        let limits = Limits { total: Duration::from_millis(200), list: false };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let endpoint = Endpoint::parse(&address, &Inside::machine()).unwrap();
        let silent = sender.send(&endpoint, &credentials, &Call::new("soft"), limits).await;
        assert!(matches!(silent.result, Err(Failure::OutcomeUnknown(_))), "{silent:?}");
        drop(listener);
        let refused = sender.send(&endpoint, &credentials, &Call::new("soft"), limits).await;
        assert!(matches!(refused.result, Err(Failure::NotSent(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_redirect_is_followed_nowhere() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sender = Sender::new(Duration::from_secs(2), Inside::machine()).unwrap();
        let credentials = Credentials { username: "u".into(), password: "p".to_owned().into() };
        let limits = Limits { total: Duration::from_secs(5), list: false };
        let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let endpoint = Endpoint::parse(&address, &Inside::machine()).unwrap();
        let to = format!("http://{}/", elsewhere.local_addr().unwrap());
        let vendor = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let _ = stream.read(&mut asked).await.unwrap();
            let answer = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let call = Call::new("soft.order.param");
        let sent = sender.send(&endpoint, &credentials, &call, limits).await;
        vendor.await.unwrap();
        assert!(matches!(&sent.result, Err(Failure::OutcomeUnknown(why)) if why.contains("307")));
        // The password and the order went nowhere else: nobody is waiting there.
        let nobody = std::future::poll_fn(|cx| std::task::Poll::Ready(elsewhere.poll_accept(cx)));
        assert!(nobody.await.is_pending());
    }

    /// A vendor of 2009: the charset stands in the header alone.
    struct OldVendor;

    impl Wire for OldVendor {
        fn post<'a>(
            &'a self,
            _: &'a Endpoint,
            _: &'a [(&'a str, &'a str)],
            _: Limits,
        ) -> Posting<'a> {
            let body = b"<doc><error code=\"3\">\xcd\xe5\xf2</error></doc>".to_vec();
            Box::pin(async { accept(200, body, Some("text/xml; charset=windows-1251".into())) })
        }
    }

    #[tokio::test]
    async fn a_charset_that_only_the_header_names_is_read() {
        let endpoint = Endpoint::parse("https://api.ispmanager.com/", &Inside::default()).unwrap();
        let credentials = Credentials { username: "u".into(), password: "p".to_owned().into() };
        let limits = Limits { total: Duration::from_secs(5), list: false };
        let call = Call::new("software");
        let exchange =
            Sender::over(Arc::new(OldVendor)).send(&endpoint, &credentials, &call, limits).await;
        let error = exchange.result.unwrap().error().unwrap();
        assert_eq!(error.message, "Нет");
    }
}
