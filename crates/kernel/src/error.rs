//! One error for the whole program: a kind that becomes an HTTP status, a stable code for machines and support,
//! and a sentence for people. Nothing here carries SQL text, stack traces or secrets to the outside:
//! `internal` keeps its cause for the log and shows only a neutral sentence.

use std::borrow::Cow;
use std::fmt;

/// Result with the one [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What class of failure it is; decides the HTTP status and whether a retry can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 400: the request cannot be understood or breaks a rule of form.
    Invalid,
    /// 401: nobody is signed in, or the session ended.
    Unauthenticated,
    /// 403: signed in, but not allowed.
    Forbidden,
    /// 404: no such thing in this mall.
    NotFound,
    /// 409: the state of things forbids it now.
    Conflict,
    /// 413: the body is larger than the route accepts.
    TooLarge,
    /// 422: well formed, but the content contradicts something (idempotency key with another body).
    Unprocessable,
    /// 429: too often; try later.
    TooMany,
    /// 502: an outside service failed or answered nonsense.
    Gateway,
    /// 503: we are overloaded or closing; `Retry-After` is sent.
    Unavailable,
    /// 500: our mistake.
    Internal,
}

impl Kind {
    /// HTTP status code of this kind.
    pub const fn status(self) -> u16 {
        match self {
            Kind::Invalid => 400,
            Kind::Unauthenticated => 401,
            Kind::Forbidden => 403,
            Kind::NotFound => 404,
            Kind::Conflict => 409,
            Kind::TooLarge => 413,
            Kind::Unprocessable => 422,
            Kind::TooMany => 429,
            Kind::Gateway => 502,
            Kind::Unavailable => 503,
            Kind::Internal => 500,
        }
    }
}

/// The one error. Cheap to move (one pointer).
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    retry_after_s: Option<u32>,
    details: Option<serde_json::Value>,
    cause: Option<String>,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
            Self::new(Kind::$kind, code, message)
        }
    )*};
}

impl Error {
    /// An error of `kind` with a stable `code` (`domain.reason`) and a Chinese sentence for people.
    pub fn new(kind: Kind, code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            kind,
            code: code.into(),
            message: message.into(),
            field: None,
            retry_after_s: None,
            details: None,
            cause: None,
        }))
    }

    constructors! {
        /// 400.
        invalid => Invalid;
        /// 401.
        unauthenticated => Unauthenticated;
        /// 403.
        forbidden => Forbidden;
        /// 404.
        not_found => NotFound;
        /// 409.
        conflict => Conflict;
        /// 413.
        too_large => TooLarge;
        /// 422.
        unprocessable => Unprocessable;
        /// 429.
        too_many => TooMany;
        /// 502.
        gateway => Gateway;
        /// 503.
        unavailable => Unavailable;
    }

    /// 500 with a neutral sentence; `cause` goes to the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let mut e = Self::new(Kind::Internal, "internal", "服务器出了点问题，请稍后再试");
        e.0.cause = Some(cause.to_string());
        e
    }

    /// 400 that stands at one field of the request (`address.phone`).
    pub fn field(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        let mut e = Self::new(Kind::Invalid, "request.invalid", message);
        e.0.field = Some(field.into());
        e
    }

    /// The same error, standing at a field.
    #[must_use]
    pub fn at(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// The same error with seconds after which a retry makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// The same error with a machine-readable value (for instance the new quote of `order.price_changed`).
    #[must_use]
    pub fn with(mut self, details: serde_json::Value) -> Self {
        self.0.details = Some(details);
        self
    }

    /// The same error with a cause for the log; never shown outside.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }
    pub fn code(&self) -> &str {
        &self.0.code
    }
    pub fn message(&self) -> &str {
        &self.0.message
    }
    pub fn field_name(&self) -> Option<&str> {
        self.0.field.as_deref()
    }
    pub fn retry_after_s(&self) -> Option<u32> {
        self.0.retry_after_s
    }
    pub fn details(&self) -> Option<&serde_json::Value> {
        self.0.details.as_ref()
    }
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }
    /// True if `code` is this error's code.
    pub fn is(&self, code: &str) -> bool {
        self.0.code == code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)?;
        if let Some(cause) = &self.0.cause {
            write!(f, " ({cause})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.0.kind)
    }
}

impl std::error::Error for Error {}
