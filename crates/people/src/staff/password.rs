//! Passwords: argon2id with 19 MiB, two passes, one lane. Hashing takes tens of milliseconds and 19 MiB, so at most two
//! run at a time, off the request threads, and whoever cannot start within five seconds is told to come back.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use kernel::{Error, Result};
use platform::seal::random_bytes;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Longer texts are refused before any work.
pub(super) const LONGEST: usize = 128;
const SHORTEST: usize = 10;
const PATIENCE: Duration = Duration::from_secs(5);
static SEATS: Semaphore = Semaphore::const_new(2);

/// A password as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Hashed(String);

/// Hashes on this thread; for the command line and demo data. 400 at `password` when it is too short or too long.
pub fn hash_password(password: &str) -> Result<Hashed> {
    check_strength(password)?;
    let salt = SaltString::encode_b64(&random_bytes::<16>()).map_err(Error::internal)?;
    let hash = argon2().hash_password(password.as_bytes(), &salt).map_err(Error::internal)?;
    Ok(Hashed(hash.to_string()))
}

impl Hashed {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// 10 to 128 characters; 400 at field `password`.
pub(super) fn check_strength(password: &str) -> Result<()> {
    let fits = password.chars().count() >= SHORTEST && password.len() <= LONGEST;
    if fits { Ok(()) } else { Err(Error::field("password", "密码请用 10 到 128 个字符")) }
}

/// Hashes in the background.
pub(super) async fn hash(password: String) -> Result<Hashed> {
    check_strength(&password)?;
    in_background(move || hash_password(&password)).await?
}

/// Hashes a secret whose form somebody else checks.
pub(crate) async fn slow_hash(secret: String) -> Result<String> {
    in_background(move || {
        let salt = SaltString::encode_b64(&random_bytes::<16>()).map_err(Error::internal)?;
        let hash = argon2().hash_password(secret.as_bytes(), &salt).map_err(Error::internal)?;
        Ok(hash.to_string())
    })
    .await?
}

/// Compares in the background. Without a stored hash it works as long and answers false.
pub(crate) async fn verify(password: String, stored: Option<String>) -> Result<bool> {
    in_background(move || {
        let password = if password.len() > LONGEST { "" } else { &password };
        match stored {
            Some(stored) => {
                let hash = PasswordHash::new(&stored).map_err(Error::internal)?;
                Ok(argon2().verify_password(password.as_bytes(), &hash).is_ok())
            }
            None => {
                let mut out = [0; 32];
                argon2()
                    .hash_password_into(password.as_bytes(), b"nobody has this", &mut out)
                    .map_err(Error::internal)?;
                Ok(false)
            }
        }
    })
    .await?
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("the parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let seat: SemaphorePermit<'static> = tokio::time::timeout(PATIENCE, SEATS.acquire())
        .await
        .map_err(|_| Error::unavailable("server.busy", "登录的人有点多，请稍后再试").retry_after(2))?
        .map_err(Error::internal)?;
    // The seat goes along: a caller that hangs up does not free it before the work is done.
    let running = tokio::task::spawn_blocking(move || {
        let made = work();
        drop(seat);
        made
    });
    running.await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let hashed = hash("hefang-demo".into()).await.unwrap();
        assert!(hashed.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("hefang-demo".into(), Some(hashed.0.clone())).await.unwrap());
        assert!(!verify("hefang-dem0".into(), Some(hashed.0.clone())).await.unwrap());
        assert!(!verify("hefang-demo".into(), None).await.unwrap());
        assert!(!verify("x".repeat(1_000_000), Some(hashed.0)).await.unwrap());
    }

    #[test]
    fn weak_and_endless_passwords_are_refused() {
        assert_eq!(hash_password("short").err().unwrap().field_name(), Some("password"));
        assert!(hash_password(&"x".repeat(129)).is_err());
    }
}
