//! Who shops here: guests, members and the ways they sign in. Owns `member`, `member_identity`, `member_event`,
//! `member_purchase`, `sms_code`, `sms_sent`.
//!
//! Promises: a phone number belongs to one member of a mall at most, and lies sealed in the database; a text-message code
//! opens one session and dies after five wrong tries; a guest that signs in keeps what it gathered.
//! It does not know carts, orders or favourites: those come in through [`crate::hooks`].

mod admin;
mod code;
mod desk;
mod merge;
mod model;
mod profile;
mod purchase;
mod session;
mod shop;
mod signin;
mod store;

pub use crate::hooks::{BadgeSource, Badges, Hooks, MergeGuest};
pub use admin::{MemberQuery, MemberRow, MemberStatus, members, row_of};
pub use code::{CODE_LIFETIME, CodeCheck, check_code, forget_unsent, issue_code, sweep};
pub use desk::{log, log_of, require_active};
pub use model::{Me, MemberBrief, MemberKind};
pub use profile::{ProfileChange, bind_phone, change_profile, me};
pub use purchase::{count_purchase, count_refund, purchases};
pub use signin::{Signed, WechatIdentity, create_guest, create_member, sign_in_by_phone, sign_in_by_wechat};
pub use store::{briefs, by_nickname, by_phone_tail, find_by_phone, openid, phone_of};

pub(crate) use admin::routes as admin_routes;
pub(crate) use session::send_code;
pub(crate) use shop::routes as shop_routes;
