//! A client that knows HTTP and nothing else, so that tests see exactly what is on the wire.

use std::io;
use std::net::SocketAddr;

use time::macros::datetime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use upstream_sim::{Clock, Running, Sim, SimConfig};

pub const USER: &str = "reseller@demo.test";
/// The other accounts of [`SimConfig::full`].
pub const RUSSIAN: &str = "reseller-ru@demo.test";
pub const ISPLICENSE: &str = "isplicense@demo.test";
pub const LEGACY: &str = "legacy@demo.test";
pub const LOGIN: &str = "authinfo=reseller@demo.test:SimPass2026";

/// A simulator whose clock stands still, and a way to call it.
pub struct Vendor {
    pub running: Running,
    /// Who calls.
    pub user: &'static str,
}

pub struct Http {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Vendor {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(adjust: impl FnOnce(&mut SimConfig)) -> Self {
        Self::from(SimConfig::default(), adjust).await
    }

    /// One that sells everything, called by this user.
    pub async fn full(user: &'static str) -> Self {
        Self::full_with(user, |_| {}).await
    }

    pub async fn full_with(user: &'static str, adjust: impl FnOnce(&mut SimConfig)) -> Self {
        Self { user, ..Self::from(SimConfig::full(), adjust).await }
    }

    async fn from(config: SimConfig, adjust: impl FnOnce(&mut SimConfig)) -> Self {
        let clock = Clock::Fixed(datetime!(2027-03-10 12:00 UTC));
        let mut config = SimConfig { clock, ..config };
        adjust(&mut config);
        Self { running: upstream_sim::start(config).await.unwrap(), user: USER }
    }

    pub fn sim(&self) -> &Sim {
        self.running.sim()
    }

    pub fn balance(&self) -> i64 {
        self.sim().balance(self.user)
    }

    /// Calls a function with the right login and expects some answer.
    pub async fn call(&self, query: &str) -> Http {
        self.try_call(query).await.unwrap()
    }

    pub async fn try_call(&self, query: &str) -> io::Result<Http> {
        let login = format!("authinfo={}:SimPass2026", self.user);
        get(self.running.addr(), &format!("/billmgr?{login}&out=xml&{query}")).await
    }

    /// Calls a function and expects the right document.
    pub async fn ok(&self, query: &str) -> Http {
        let answer = self.call(query).await;
        assert_eq!(answer.status, 200, "{query}");
        assert!(!answer.text().contains("<error"), "{query}: {}", answer.text());
        answer
    }

    /// Calls a function and expects an error document with this type and object.
    pub async fn refused(&self, query: &str, kind: &str, object: &str) -> Http {
        let answer = self.call(query).await;
        assert_eq!(answer.status, 200, "{query}");
        let start = format!("<doc><error type=\"{kind}\" object=\"{object}\" lang=");
        assert!(answer.text().contains(&start), "{query}: {}", answer.text());
        assert!(!answer.field("msg").is_empty() && !answer.field("detail").is_empty());
        answer
    }

    /// Calls a function of 2009 and expects an error of this number, object and field.
    pub async fn refused_by_code(&self, query: &str, code: u8, obj: &str, val: &str) -> Http {
        let answer = self.call(query).await;
        assert_eq!(answer.status, 200, "{query}");
        let start = format!("<doc><error code=\"{code}\" obj=\"{obj}\" val=\"{val}\">");
        assert!(answer.text().contains(&start), "{query}: {}", answer.text());
        assert!(!answer.field("msg").is_empty());
        answer
    }

    /// Calls an order function and returns the number of what it ordered.
    pub async fn bought(&self, query: &str) -> u64 {
        self.ok(query).await.field("id").parse().unwrap()
    }

    /// Orders ispmanager lite and returns its number.
    pub async fn order(&self, rest: &str) -> u64 {
        self.ok(&order(rest)).await.field("id").parse().unwrap()
    }
}

/// A paid order of ispmanager lite for a month, which costs 3.50.
pub fn order(rest: &str) -> String {
    format!(
        "func=soft.order.param&clicked_button=finish&pricelist=55227&period=1&ip=192.0.2.10\
         &licname=test&autoprolong=null&skipbasket=on&sok=ok&{rest}"
    )
}

impl Http {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Text of the first element of this name.
    pub fn field(&self, name: &str) -> String {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_default();
        let (value, _) = rest.split_once(&format!("</{name}>")).unwrap_or_default();
        value.to_owned()
    }

    pub fn count(&self, what: &str) -> usize {
        self.text().matches(what).count()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

pub async fn get(addr: SocketAddr, target: &str) -> io::Result<Http> {
    exchange(addr, &format!("GET {target} HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n\r\n"))
        .await
}

pub async fn send(
    addr: SocketAddr,
    method: &str,
    target: &str,
    content_type: Option<&str>,
    body: &str,
) -> io::Result<Http> {
    let kind = content_type.map(|kind| format!("content-type: {kind}\r\n")).unwrap_or_default();
    let length = body.len();
    exchange(
        addr,
        &format!(
            "{method} {target} HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n{kind}\
             content-length: {length}\r\n\r\n{body}"
        ),
    )
    .await
}

pub async fn exchange(addr: SocketAddr, request: &str) -> io::Result<Http> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Http { status, head, body: answer[end + 4..].to_vec() })
}
