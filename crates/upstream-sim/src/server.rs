//! Connections.
//!
//! A router cannot end a connection without an answer, so connections are served here by hand: a
//! response that carries [`Cut`] makes the service fail, whereupon nothing is written and the socket
//! is closed with a reset.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::body::Frame;
use hyper::service::Service as _;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Sleep;

use crate::control;
use crate::model::SimConfig;
use crate::sim::{Call, Reply, Sim};
use crate::wire::{Lang, Out, Params};

/// Largest request body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// A simulator that serves until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "a simulator stops when it is dropped"]
pub struct Running {
    addr: SocketAddr,
    sim: Sim,
    task: Option<JoinHandle<()>>,
}

/// Binds the address and serves in a task of the current runtime.
///
/// Fails when the address cannot be bound, and when the state file cannot be read.
pub async fn start(config: SimConfig) -> io::Result<Running> {
    let listener = TcpListener::bind(config.addr).await?;
    let addr = listener.local_addr()?;
    let sim = Sim::open(config)?;
    let router = control::router().fallback(vendor).with_state(sim.clone());
    let task = tokio::spawn(accept(listener, router, sim.clone()));
    Ok(Running { addr, sim, task: Some(task) })
}

impl Running {
    /// The bound address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The vendor's address as a client is configured with it: `http://ip:port/billmgr`.
    pub fn base_url(&self) -> String {
        format!("http://{}/billmgr", self.addr)
    }

    /// The vendor behind it.
    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// Stops listening and drops every connection; what is under way is abandoned where it stands.
    pub async fn stop(mut self) {
        self.sim.close();
        if let Some(task) = self.task.take() {
            // It fails only if serving panicked, and then it has stopped as well.
            let _ = task.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.sim.close();
    }
}

async fn accept(listener: TcpListener, router: Router, sim: Sim) {
    // Dropped at the end, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = sim.closed() => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            },
        }
    }
}

/// Marks a response that must not be sent.
#[derive(Clone, Copy, Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl std::error::Error for Cut {}

async fn connection(stream: TcpStream, router: Router) {
    // Small answers should not wait for more; without it they are only slower.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |request| {
        let answer = service.call(request);
        async move {
            let response: Response = answer.await.unwrap_or_else(|never| match never {});
            match response.extensions().get::<Cut>() {
                Some(cut) => Err(*cut),
                None => Ok(response),
            }
        }
    });
    let mut connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if Pin::new(&mut connection).await.is_err() {
        // With nothing left to linger for, closing sends RST instead of FIN.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}

/// The vendor's API: every method, every path.
async fn vendor(State(sim): State<Sim>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return empty(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let params = Params::read(head.uri.query().unwrap_or_default(), content_type, &body);
    let call = sim.call(head.method.to_string(), head.uri.path().to_owned(), params);
    match carried_out(&sim, call).await {
        Reply::Answer { status, content_type, retry_after, body, drip } => {
            let length = body.len();
            let mut response = Response::new(match drip {
                Some(pause) => Body::new(Drip::new(body, pause)),
                None => Body::from(body),
            });
            *response.status_mut() =
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            if retry_after {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            response
        }
        Reply::Silence => std::future::pending().await,
        Reply::Reset => {
            let mut response = empty(StatusCode::INTERNAL_SERVER_ERROR);
            response.extensions_mut().insert(Cut);
            response
        }
    }
}

/// How much comes at a time.
const DROP: usize = 4;

/// A body that comes in small pieces, with a pause before each.
struct Drip {
    left: Bytes,
    pause: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Drip {
    fn new(body: Vec<u8>, pause: Duration) -> Self {
        Self { left: body.into(), pause, sleep: Box::pin(tokio::time::sleep(pause)) }
    }
}

impl HttpBody for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let drip = self.get_mut();
        if drip.left.is_empty() {
            return Poll::Ready(None);
        }
        std::task::ready!(drip.sleep.as_mut().poll(context));
        drip.sleep = Box::pin(tokio::time::sleep(drip.pause));
        let piece = drip.left.split_to(DROP.min(drip.left.len()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

/// In a task of its own: a client that leaves must not stop what it asked for.
async fn carried_out(sim: &Sim, call: Call) -> Reply {
    let sim = sim.clone();
    let task = tokio::spawn(async move {
        tokio::select! {
            biased;
            () = sim.closed() => Reply::Reset,
            reply = sim.serve(call) => reply,
        }
    });
    task.await.unwrap_or(Reply::Reset)
}

/// What a client in the same process gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// An HTTP answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its body.
        body: Vec<u8>,
    },
    /// The connection was reset.
    Reset,
    /// Nothing ever; it has to stop waiting by itself.
    Silence,
}

impl Sim {
    /// Takes a form as if it had been posted, without a connection: for tests that decide
    /// themselves what happens when.
    pub async fn post(&self, form: &[(&str, &str)]) -> Posted {
        let params = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let params = Params::from_map(params.collect());
        let call = self.call("POST".to_owned(), "/billmgr".to_owned(), params);
        match carried_out(self, call).await {
            // Without a connection there is nothing that could come in pieces: it is not there in time.
            Reply::Silence | Reply::Answer { drip: Some(_), .. } => Posted::Silence,
            Reply::Answer { status, body, .. } => Posted::Answer { status, body },
            Reply::Reset => Posted::Reset,
        }
    }

    fn call(&self, method: String, path: String, params: Params) -> Call {
        let default_lang = self.with(|desk| desk.world.config.lang.clone());
        Call {
            method,
            path,
            func: params.word("func").unwrap_or_default().to_owned(),
            lang: Lang::read(params.word("lang").unwrap_or(&default_lang)),
            out: Out::read(&params),
            params,
        }
    }
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
