//! PostgreSQL through TLS: a doorkeeper of the tests speaks TLS before the plain test server, as PostgreSQL does when a
//! client asks for it. Only a certificate that the given authority vouches for, and for this host, is spoken to.

use db::testing::Scratch;
use db::{Db, Engine, Options};
use kernel::Result;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{ServerConfig, pki_types::PrivateKeyDer};

/// The eight bytes with which a PostgreSQL client asks for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// An authority with its PEM file, which goes when dropped.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let file = std::env::temp_dir().join(format!("hefang-{name}-{}.pem", std::process::id()));
        std::fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Authority { issuer: Issuer::new(params, key), file }
    }

    /// What a server shows that calls itself `host`.
    fn vouch_for(&self, host: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let shown = CertificateParams::new([host.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![shown.der().clone()], key).unwrap()))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Stands before the PostgreSQL at `behind` on a port of its own until the test ends.
fn doorkeeper(acceptor: TlsAcceptor, behind: SocketAddr) -> u16 {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = door.local_addr().unwrap().port();
    door.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async move {
            let door = tokio::net::TcpListener::from_std(door).unwrap();
            while let Ok((caller, _)) = door.accept().await {
                tokio::spawn(let_in(caller, acceptor.clone(), behind));
            }
        });
    });
    port
}

async fn let_in(mut caller: TcpStream, acceptor: TlsAcceptor, behind: SocketAddr) -> std::io::Result<()> {
    let mut asked = [0; 8];
    caller.read_exact(&mut asked).await?;
    assert_eq!(asked, SSL_REQUEST, "nothing is said before TLS");
    caller.write_all(b"S").await?;
    let mut inside = acceptor.accept(caller).await?;
    let mut server = TcpStream::connect(behind).await?;
    tokio::io::copy_bidirectional(&mut inside, &mut server).await.map(drop)
}

/// The test's database as seen through a doorkeeper who shows what `of` vouches for `host`.
fn through_tls(scratch: &Scratch, of: &Authority, host: &str) -> Options {
    let (user, rest) = scratch.url.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let behind = server.parse().expect("the test PostgreSQL has a numeric address");
    let port = doorkeeper(of.vouch_for(host), behind);
    let url = format!("{user}@127.0.0.1:{port}/{name}?sslmode=require");
    Options { url, tls_root: Some(of.file.clone()), ..scratch.options() }
}

fn one(options: Options) -> Result<(i64, String)> {
    let db = Db::open(options)?;
    let found = db.write_blocking(|tx| tx.one::<i64>("select cast(42 as bigint)", &[]))?;
    let facts = db.check()?;
    db.close();
    Ok((found, facts))
}

#[test]
fn a_server_with_the_right_certificate_is_spoken_to_through_tls() {
    let scratch = Scratch::empty(Engine::Postgres);
    let ours = Authority::new("ours");
    let (found, facts) = one(through_tls(&scratch, &ours, "127.0.0.1")).unwrap();
    assert_eq!(found, 42);
    assert!(facts.contains("encryption: tls"), "{facts}");
    let (_, facts) = one(scratch.options()).unwrap();
    assert!(facts.contains("encryption: none"), "{facts}");
}

#[test]
fn copies_travel_through_tls_too() {
    let scratch = Scratch::empty(Engine::Postgres);
    let ours = Authority::new("copies");
    let options = through_tls(&scratch, &ours, "127.0.0.1");
    let db = Db::open(options.clone()).unwrap();
    db.write_blocking(|tx| tx.exec("create table tea (id bigint primary key)", &[])).unwrap();
    let copy = std::env::temp_dir().join(format!("hefang-tls-{}.copy", std::process::id()));
    db.backup_to(&copy).unwrap();
    db.close();
    let restored = Db::restore(&options, &copy, true);
    let _ = std::fs::remove_file(&copy);
    restored.unwrap();
}

#[test]
fn a_stranger_and_another_host_are_not_spoken_to() {
    let scratch = Scratch::empty(Engine::Postgres);
    let (ours, strangers) = (Authority::new("known"), Authority::new("unknown"));
    let stranger = Options { tls_root: Some(ours.file.clone()), ..through_tls(&scratch, &strangers, "127.0.0.1") };
    assert!(one(stranger).unwrap_err().is("db.unreachable"));
    assert!(one(through_tls(&scratch, &ours, "another.example")).unwrap_err().is("db.unreachable"));
    let nobody = Options { tls_root: None, ..through_tls(&scratch, &ours, "127.0.0.1") };
    assert!(one(nobody).unwrap_err().is("db.unreachable"), "the system's authorities do not know ours");
}

#[test]
fn a_file_without_an_authority_is_refused_at_once() {
    let scratch = Scratch::empty(Engine::Postgres);
    let ours = Authority::new("empty");
    let options = through_tls(&scratch, &ours, "127.0.0.1");
    std::fs::write(&ours.file, "no certificate").unwrap();
    let refused = one(options).unwrap_err();
    assert!(refused.cause().unwrap().contains("it holds no certificate"), "{refused}");
}
