//! The one error of this crate. It says which check failed and never carries keys, signatures or plaintext.

/// Result with [`WireError`].
pub type Result<T, E = WireError> = std::result::Result<T, E>;

/// Why a message was not accepted or could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A key, certificate or secret has the wrong form; the text names which.
    #[error("{0} cannot be read")]
    Key(&'static str),
    /// A header, parameter or body field is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A header, parameter or body field is there but has the wrong form.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// The signature does not belong to this message.
    #[error("the signature does not match")]
    Signature,
    /// The message's own time is too far from now.
    #[error("the timestamp is too far from now")]
    Stale,
    /// WeChat Pay's deliberate wrong signature (`WECHATPAY/SIGNTEST/…`): a correct receiver refuses it.
    #[error("the signature is a probe")]
    Probe,
    /// The ciphertext was altered or sealed with another key.
    #[error("the content cannot be decrypted")]
    Decrypt,
    /// Decrypted, but addressed to another app.
    #[error("the content belongs to another app")]
    OtherApp,
}
