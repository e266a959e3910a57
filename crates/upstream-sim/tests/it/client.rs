//! A client that knows HTTP and nothing else, so that tests see exactly what is on the wire.

use std::io;
use std::net::SocketAddr;

use time::macros::datetime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use upstream_sim::{Clock, Running, Sim, SimConfig};

pub const USER: &str = "reseller@demo.test";
pub const LOGIN: &str = "authinfo=reseller@demo.test:SimPass2026";

/// A simulator whose clock stands still, and a way to call it.
pub struct Vendor {
    pub running: Running,
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
        let mut config = SimConfig {
            clock: Clock::Fixed(datetime!(2027-03-10 12:00 UTC)),
            ..SimConfig::default()
        };
        adjust(&mut config);
        Self { running: upstream_sim::start(config).await.unwrap() }
    }

    pub fn sim(&self) -> &Sim {
        self.running.sim()
    }

    pub fn balance(&self) -> i64 {
        self.sim().balance(USER)
    }

    /// Calls a function with the right login and expects some answer.
    pub async fn call(&self, query: &str) -> Http {
        self.try_call(query).await.unwrap()
    }

    pub async fn try_call(&self, query: &str) -> io::Result<Http> {
        get(self.running.addr(), &format!("/billmgr?{LOGIN}&out=xml&{query}")).await
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
