//! The program under test as a process of its own, with the demo mall in a temporary folder.

use crate::Outcome;
use crate::load::{Connection, get};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// The served demo mall.
pub struct Mall {
    pub port: u16,
    pub data: PathBuf,
    server: Child,
    pub bench: PathBuf,
}

fn free_port() -> Outcome<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn spawn(hefang: &Path, command: &str, port: u16, data: &Path, settings: &[(&str, &str)]) -> Outcome<Child> {
    Ok(Command::new(hefang)
        .arg(command)
        .args(["--port", &port.to_string(), "--data"])
        .arg(data)
        .env("HEFANG_RATE_LIMIT__REQUESTS_PER_SECOND", "0")
        .env("HEFANG_LOG__LEVEL", "error")
        .envs(settings.iter().copied())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()?)
}

async fn answers(port: u16, within: Duration) -> Outcome<()> {
    let began = Instant::now();
    loop {
        if let Ok(mut connection) = Connection::open(port).await
            && connection.exchange(&get("/readyz"), false).await.is_ok_and(|reply| reply.status == 200)
        {
            return Ok(());
        }
        if began.elapsed() > within {
            return Err("the server did not answer in time".into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

impl Mall {
    /// Creates the demo mall and starts serving it.
    pub async fn create(hefang: &Path, folder: &Path) -> Outcome<Self> {
        Self::create_with(hefang, folder, &[]).await
    }

    /// The same without ready answers: every request reaches the database.
    pub async fn create_uncached(hefang: &Path, folder: &Path) -> Outcome<Self> {
        Self::create_with(hefang, folder, &[("HEFANG_CACHE__LIFETIME_MS", "0")]).await
    }

    async fn create_with(hefang: &Path, folder: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        let (port, data) = (free_port()?, folder.join("mall"));
        let server = spawn(hefang, "demo", port, &data, settings)?;
        answers(port, Duration::from_secs(180)).await?;
        Ok(Mall { port, data, server, bench: std::env::current_exe()? })
    }

    /// The bare handler with the same bytes, on a port of its own.
    pub async fn bare(&self, bytes: &[u8]) -> Outcome<(u16, Child)> {
        let (port, file) = (free_port()?, self.data.join("same-bytes.json"));
        std::fs::write(&file, bytes)?;
        let child =
            Command::new(&self.bench).arg("bare").arg(port.to_string()).arg(&file).kill_on_drop(true).spawn()?;
        for _ in 0..500 {
            if Connection::open(port).await.is_ok() {
                return Ok((port, child));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Err("the bare handler did not start".into())
    }

    /// Resident memory of the server in MiB.
    #[allow(clippy::cast_precision_loss, reason = "memory in KiB is far below 2^52")]
    pub fn memory_mib(&self) -> Outcome<f64> {
        let pid = self.server.id().ok_or("the server ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kib as f64 / 1_024.0)
    }

    /// Milliseconds of processor time the server has used: what the machine's other work does not blur.
    #[allow(clippy::cast_precision_loss, reason = "ticks of a run are far below 2^52")]
    pub fn cpu_ms(&self) -> Outcome<f64> {
        let pid = self.server.id().ok_or("the server ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let after_name = stat.rsplit_once(')').ok_or("stat")?.1;
        let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
        // Linux counts in hundredths of a second for every user program.
        Ok(ticks as f64 * 10.0)
    }

    pub async fn stop(mut self) -> Outcome<()> {
        self.server.kill().await?;
        Ok(())
    }
}

/// Milliseconds from the start of the process to its first answer, on a mall that exists; the median of five.
pub async fn start_up_ms(hefang: &Path, folder: &Path) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..5 {
        let port = free_port()?;
        let began = Instant::now();
        let mut child = spawn(hefang, "demo", port, &folder.join("mall"), &[])?;
        answers(port, Duration::from_secs(20)).await?;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
        child.kill().await?;
    }
    times.sort_by(f64::total_cmp);
    Ok(times[2])
}
