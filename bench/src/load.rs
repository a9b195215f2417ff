//! A load of HTTP/1.1 requests over kept connections on loopback. Responses are read whole and their status is checked.

use crate::Outcome;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One kept connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Connection {
    pub async fn open(port: u16) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends prepared bytes and reads the answer; the body is copied only when `keep` is set.
    pub async fn exchange(&mut self, request: &[u8], keep: bool) -> Outcome<Reply> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(at) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head])?;
        let status = text.get(9..12).ok_or("a status line")?.parse()?;
        let length = text
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>())
            })
            .transpose()?
            .unwrap_or(0);
        while self.buffer.len() < head + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        let body = if keep { self.buffer[head..head + length].to_vec() } else { Vec::new() };
        Ok(Reply { status, body })
    }
}

/// The bytes of a GET.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-mall: hefang\r\n\r\n").into_bytes()
}

/// The bytes of a POST with a token.
pub fn post(path: &str, token: &str, key: &str, body: &serde_json::Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What a load did.
pub struct Figures {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Sends the same request over `callers` connections for `time`; every answer must be 200.
pub async fn same_request(port: u16, request: &[u8], callers: usize, time: Duration) -> Outcome<Figures> {
    let started = Instant::now();
    let mut tasks = Vec::with_capacity(callers);
    for _ in 0..callers {
        let request = request.to_vec();
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(port).await?;
            let mut times = Vec::with_capacity(200_000);
            while started.elapsed() < time {
                let began = Instant::now();
                let reply = connection.exchange(&request, false).await?;
                if reply.status != 200 {
                    return Err(format!("status {}", reply.status).into());
                }
                times.push(began.elapsed());
            }
            Outcome::Ok(times)
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(figures(times, started.elapsed()))
}

/// Rate and percentiles of single times.
#[allow(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
pub fn figures(mut times: Vec<Duration>, elapsed: Duration) -> Figures {
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).map_or(0.0, |t| t.as_secs_f64() * 1_000.0);
    Figures { per_second: times.len() as f64 / elapsed.as_secs_f64(), p50_ms: at(50), p99_ms: at(99) }
}
