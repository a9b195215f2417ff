//! Runs the server: open, migrate, listen, and stop cleanly — requests under way finish, jobs go back to the queue,
//! the database is checkpointed.

use crate::outside::Clients;
use crate::{accounts, memory, router, wiring};
use axum::Router;
use axum::extract::Request;
use axum::{ServiceExt, serve::ListenerExt};
use db::Db;
use kernel::{Clock, Error, Result, SystemClock};
use platform::config::{Config, Secret};
use platform::edge::Edge;
use platform::mall::Malls;
use platform::{App, Outside, job, seal, search};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Everything that is needed before the first request.
pub struct Prepared {
    pub app: App,
    pub router: Router,
}

/// Opens and migrates the database and puts the parts together.
pub async fn prepare(config: Config) -> Result<Prepared> {
    let config = with_secret(config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = open_migrated(&config, &*clock)?;
    let malls = Malls::default();
    malls.load(&db, clock.now()).await?;
    let outside: Arc<dyn Outside> = Arc::new(Clients::from_config(&config, malls.clone(), clock.clone())?);
    let app = wiring::build(config, db, clock, malls, outside)?;
    accounts::reload(app.clone()).await?;
    let router = router::router(app.clone());
    Ok(Prepared { app, router })
}

/// The database of a configuration, migrated to this release.
pub fn open_migrated(config: &Config, clock: &dyn Clock) -> Result<Db> {
    fs::create_dir_all(&config.data.dir).map_err(|e| {
        Error::invalid("config.data_dir", format!("数据目录 {} 不能创建：{e}", config.data.dir.display()))
    })?;
    let db = wiring::open_db(config)?;
    let applied = db.migrate(db::migrations(), clock.now())?;
    if !applied.is_empty() {
        tracing::info!(?applied, "migrated the database");
    }
    Ok(db)
}

/// The configured secret, or one made on the first start and kept beside the embedded database.
pub fn with_secret(mut config: Config) -> Result<Config> {
    if config.security.secret_key.is_empty() {
        if !config.database.url.is_empty() {
            return Err(Error::invalid(
                "config.secret_key",
                "使用 PostgreSQL 时必须设置 security.secret_key，所有节点用同一个值（至少 32 个字符）",
            ));
        }
        config.security.secret_key = Secret::new(kept_secret(&config.data.dir)?);
    }
    Ok(config)
}

fn kept_secret(dir: &Path) -> Result<String> {
    let path = dir.join("secret.key");
    let failed =
        |e: std::io::Error| Error::invalid("config.secret_key", format!("密钥文件 {} 不能读写：{e}", path.display()));
    if path.exists() {
        return fs::read_to_string(&path).map(|text| text.trim().to_owned()).map_err(failed);
    }
    fs::create_dir_all(dir).map_err(failed)?;
    let secret = seal::random_token();
    write_private(&path, &secret).map_err(failed)?;
    Ok(secret)
}

/// Writes a file that only its owner may read, durable before it is used.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Listens, or says which address is taken.
pub async fn listen(config: &Config) -> Result<TcpListener> {
    let address = SocketAddr::new(config.server.bind, config.server.port);
    TcpListener::bind(address).await.map_err(|e| {
        Error::invalid("server.address_taken", format!("无法在 {address} 上监听：{e}。换一个端口：--port 9000"))
    })
}

/// Serves until Ctrl-C or a termination signal, then stops cleanly.
pub async fn run(prepared: Prepared, listener: TcpListener) -> Result<()> {
    let Prepared { app, router } = prepared;
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(job::run(app.clone(), Arc::new(wiring::handlers()), stopped.clone()));
    std::thread::spawn(search::warm);
    tokio::spawn(memory::give_back());
    let edge = Edge::new(app.clone(), router);
    let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(edge);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let mut asked = stopped.clone();
    let graceful = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = asked.wait_for(|stop| *stop).await;
    });
    let server = tokio::spawn(async move { graceful.await });
    termination().await;
    tracing::info!("stopping");
    let _ = stop.send(true);
    let grace = Duration::from_secs(app.config.server.shutdown_grace_s);
    if tokio::time::timeout(grace, server).await.is_err() {
        tracing::warn!("some requests were still under way and were cut off");
    }
    if tokio::time::timeout(grace, worker).await.is_err() {
        tracing::warn!("some jobs were still running; they will run again");
    }
    app.db.close();
    Ok(())
}

async fn termination() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}
