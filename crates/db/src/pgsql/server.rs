//! Where the PostgreSQL server is and how to reach it: plainly, or through TLS when the address says `sslmode=require`.
//! TLS always checks the certificate and its host name, against the system's roots or a file of our own; a connection
//! that is encrypted to nobody in particular does not exist here.

use kernel::{Error, Result};
use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};
use rustls::RootCertStore;
use rustls::client::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::BuilderVerifierExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A parsed address with what TLS needs.
#[derive(Clone)]
pub(crate) struct Server {
    pub(super) config: Config,
    pub(super) roots: Option<PathBuf>,
    tls: Option<Arc<ClientConfig>>,
}

impl Server {
    /// Understands `postgres://user:password@host/name?sslmode=require`; `roots` is a PEM file of certificate authorities.
    pub(crate) fn parse(url: &str, roots: Option<&Path>) -> Result<Self> {
        // The driver's message does not repeat the address, which carries the password.
        let config: Config =
            url.parse().map_err(|cause| Error::internal(format_args!("the postgres url is wrong: {cause}")))?;
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(Arc::new(client(roots)?)),
            _ => None,
        };
        Ok(Server { config, roots: roots.map(Path::to_owned), tls })
    }

    pub(crate) fn connect_with(&self, config: &Config) -> Result<Client, postgres::Error> {
        match &self.tls {
            Some(tls) => config.connect(MakeRustlsConnect::new(ClientConfig::clone(tls))),
            None => config.connect(NoTls),
        }
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }
}

fn client(roots: Option<&Path>) -> Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?;
    let Some(path) = roots else {
        let builder = builder.with_platform_verifier().map_err(Error::internal)?;
        return Ok(builder.with_no_client_auth());
    };
    let unusable = |cause: &dyn std::fmt::Display| {
        Error::internal(format_args!("database.tls_root {} cannot be used: {cause}", path.display()))
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|cause| unusable(&cause))? {
        let certificate = certificate.map_err(|cause| unusable(&cause))?;
        store.add(certificate).map_err(|cause| unusable(&cause))?;
    }
    if store.is_empty() {
        return Err(unusable(&"it holds no certificate"));
    }
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}
