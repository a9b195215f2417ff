//! Whoever pays from the balance confirms it: by payment password, or by a code sent to the member's own phone.

use super::password;
use crate::identity::{self, CodeCheck};
use crate::phone::Phone;
use crate::staff::slow_verify;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::seal::Sealer;
use platform::{App, Ctx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One of the two.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Confirmation {
    Password {
        #[schema(min_length = 6, max_length = 6)]
        password: String,
    },
    Sms {
        #[schema(min_length = 6, max_length = 6)]
        code: String,
    },
}

impl std::fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Confirmation")
    }
}

/// The member's phone; `member.phone_required` (409) without one.
pub(super) fn phone_of(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id) -> Result<Phone> {
    let sealed: Option<(Option<String>,)> =
        tx.opt("select phone_sealed from member where mall_id = $1 and id = $2", &args![mall_id, member_id])?;
    let sealed = sealed.and_then(|row| row.0);
    let sealed = sealed.ok_or_else(|| Error::conflict("member.phone_required", "请先绑定手机号"))?;
    Phone::open(sealer, &sealed)
}

/// True when a payment password is set.
pub fn has_password(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<bool> {
    password::has(tx, mall_id, member_id)
}

/// Checks a confirmation. Tries are counted before they are made.
/// `pay_password.wrong` (400), `pay_password.locked` (429), `pay_password.not_set` (409), or the codes of sign-in codes.
pub async fn confirm(app: &App, ctx: &Ctx, member_id: Id, given: &Confirmation) -> Result<()> {
    match given {
        Confirmation::Sms { code } => check_code(app, ctx, member_id, code).await,
        Confirmation::Password { password } => {
            let trying = ctx.clone();
            let stored = app.db.write(move |tx| password::begin_try(tx, &trying, member_id)).await?;
            if !slow_verify(password.clone(), Some(stored)).await? {
                return Err(Error::invalid("pay_password.wrong", "支付密码不对").at("password"));
            }
            let right = ctx.clone();
            app.db.write(move |tx| password::end_try(tx, &right, member_id)).await
        }
    }
}

/// Uses up a code sent to the member's phone.
pub(super) async fn check_code(app: &App, ctx: &Ctx, member_id: Id, code: &str) -> Result<()> {
    let code = code.trim().to_owned();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::invalid("session.code_wrong", "验证码是短信里的 6 位数字").at("code"));
    }
    let (sealer, ctx) = (app.clone(), ctx.clone());
    let check: CodeCheck = app
        .db
        .write(move |tx| {
            let phone = phone_of(tx, &sealer.sealer, ctx.mall_id, member_id)?;
            identity::check_code(tx, &ctx, &sealer.sealer, &phone, &code)
        })
        .await?;
    check.into_result()
}
