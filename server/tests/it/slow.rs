//! Clients that never finish what they say.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use upstream_sim::SimConfig;

use crate::program::Program;

/// Sends the start of a request and then nothing; returns how long the server put up with it.
async fn hang(addr: SocketAddr, start: &'static str) -> Duration {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(start.as_bytes()).await.unwrap();
    let since = Instant::now();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(40), stream.read_to_end(&mut answer)).await;
    since.elapsed()
}

#[sqlx::test(migrations = "../migrations")]
async fn thirty_slow_clients_do_no_harm_and_are_cut_off(pool: PgPool) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let vendor = upstream_sim::start(SimConfig::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&pool, vendor.addr(), &folder, None).await;
    let addr = program.addr;
    let headers = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    let body = "POST /login HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail=";
    let slow: Vec<_> = (0..30)
        .map(|n| tokio::spawn(hang(addr, if n % 2 == 0 { headers } else { body })))
        .collect();
    let client = reqwest::Client::new();
    for _ in 0..20 {
        let since = Instant::now();
        let answer = client.get(format!("http://{addr}/catalog")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(since.elapsed() < Duration::from_secs(5), "others are served meanwhile");
    }
    for client in slow {
        let patience = client.await.unwrap();
        assert!(patience < Duration::from_secs(30), "cut off, not after {patience:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_too_large_is_refused(pool: PgPool) {
    let portal = crate::harness::TestPortal::new(pool).await;
    let mut browser = crate::harness::Browser::default();
    let answer = browser
        .post(&portal, "/login", &[("email", "x".repeat(100_000).as_str()), ("password", "y")])
        .await;
    assert!(answer.status.is_client_error() || answer.status.is_redirection(), "{}", answer.status);
    assert_ne!(answer.status, axum::http::StatusCode::SEE_OTHER);
}
