//! Ports to the outside world: what the mall needs of WeChat, payment channels, SMS, express carriers and file stores.
//! Clients in `gateways` implement them; tests and the sandbox stand behind the same traits.
//! A port call is a network call: it never happens inside a database transaction.

mod bill;
mod code;
mod combined;
mod courier;
mod invoice;
mod notice;
mod number;
mod subscribe;
mod transfer;
mod webhook;

pub use bill::{Bill, BillKind, BillLine, BillState};
pub use code::{CodeChannel, CodeIntent};
pub use combined::{CombinedChannel, CombinedPayment, SubOrder};
pub use courier::{CourierGoods, CourierOrder, CourierPlaced, CourierReport, CourierService, CourierStage};
pub use invoice::{InvoiceBuyer, InvoiceIssuer, InvoiceItem, InvoiceRequest, InvoiceState};
pub use notice::{Notice, RawNotice};
pub use number::sent_at;
pub use subscribe::SubscribeMessage;
pub use transfer::{ChannelTransfer, ChannelTransferState, TransferChannel, TransferPurpose, TransferRequest};
pub use webhook::{WebhookAnswer, WebhookSender};

use crate::{Fen, Instant, Result};
use std::future::Future;
use std::pin::Pin;

/// A boxed future of a port call.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

// ---------------------------------------------------------------- mini program

/// Identity WeChat vouches for after `wx.login`. The session key never leaves the server.
#[derive(Clone)]
pub struct MiniSession {
    pub openid: String,
    pub unionid: Option<String>,
    pub session_key: String,
}

/// One parcel told to WeChat's shipping management.
#[derive(Debug, Clone)]
pub struct ShippedParcel {
    pub tracking_number: String,
    /// WeChat's delivery id (`SF`, `ZTO` …).
    pub carrier_code: String,
    /// At most 120 characters, like `西湖龙井 100g*1个`.
    pub item_description: String,
    /// Masked phone of the receiver (`138****0000`); required for SF.
    pub receiver_contact: Option<String>,
}

/// How goods reach the member, in WeChat's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogisticsKind {
    Express = 1,
    Local = 2,
    Virtual = 3,
    Pickup = 4,
}

/// `upload_shipping_info`: unfreezes the money of a paid order.
#[derive(Debug, Clone)]
pub struct ShippingInfo {
    /// WeChat Pay transaction id.
    pub transaction_id: String,
    /// When that is a sub-order: merchant and number of the combined payment.
    pub combined: Option<(String, String)>,
    pub openid: String,
    pub logistics: LogisticsKind,
    /// True when parcels follow one after another (`delivery_mode` 2).
    pub split: bool,
    pub all_delivered: bool,
    /// 1 to 15 entries; for pickup one entry with only a description.
    pub parcels: Vec<ShippedParcel>,
    pub uploaded_at: Instant,
}

/// A round code that opens a page of the mini program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MiniCode {
    /// Path of the page, without leading slash and query.
    pub page: String,
    /// What the page is told: at most 32 of digits, letters and `!#$&'()*+,/:;=?@-._~`.
    pub scene: String,
    /// In pixels, 280 to 1280.
    pub width: u32,
}

/// WeChat mini-program server API of one app.
pub trait MiniProgram: Send + Sync {
    /// The app id openids belong to.
    fn app_id(&self) -> &str;
    /// `code2session`; a used or unknown code is `wechat.code_invalid` (400).
    fn session<'a>(&'a self, code: &'a str) -> Pending<'a, MiniSession>;
    /// `getuserphonenumber`; answers the number without country code.
    fn phone_number<'a>(&'a self, code: &'a str) -> Pending<'a, String>;
    /// Fetches an access token, to see whether id and secret fit; a program without such a thing has nothing to check.
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async { Ok(()) })
    }
    /// `upload_shipping_info`; `wechat.shipping_retry` (502) when WeChat does not know the payment yet.
    fn upload_shipping_info<'a>(&'a self, info: &'a ShippingInfo) -> Pending<'a, ()>;
    /// `subscribeMessage.send`. `wechat.not_subscribed` (409) when this person gave no leave, or used it up;
    /// `wechat.message_refused` (409) when template, values or page do not fit.
    fn notify<'a>(&'a self, _message: &'a SubscribeMessage) -> Pending<'a, ()> {
        Box::pin(async {
            Err(crate::Error::conflict("wechat.not_configured", "这家商城还没有配置微信小程序"))
        })
    }
    /// `getwxacodeunlimit`: the bytes of a PNG or JPEG. `wechat.code_refused` (409) when WeChat does not know the page yet.
    fn code<'a>(&'a self, _code: &'a MiniCode) -> Pending<'a, Vec<u8>> {
        Box::pin(async {
            Err(crate::Error::conflict("wechat.not_configured", "这家商城还没有配置微信小程序"))
        })
    }
}

// ---------------------------------------------------------------- payment

/// Where the member pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayScene {
    /// Inside the mini program, needs an openid.
    MiniProgram,
    /// A QR code on a desktop browser.
    Native,
    /// A mobile browser that hands over to the channel's app.
    H5,
    /// A desktop browser that goes to the channel's own page.
    Page,
}

/// What we ask a channel to collect.
#[derive(Debug, Clone)]
pub struct PaymentIntent {
    /// Our number: 6–32 of `[0-9A-Za-z_-]`, unique per merchant.
    pub number: String,
    pub description: String,
    pub amount: Fen,
    pub scene: PayScene,
    pub openid: Option<String>,
    pub client_ip: String,
    pub expires_at: Instant,
    /// Full URL of our callback, without query.
    pub notify_url: String,
    /// Full URL of the page a browser comes back to; only channels that sign it need it here.
    pub return_url: Option<String>,
}

/// What the front end needs to let the member pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayInstruction {
    /// Arguments of `wx.requestPayment`.
    MiniProgram {
        app_id: String,
        time_stamp: String,
        nonce_str: String,
        package: String,
        sign_type: String,
        pay_sign: String,
    },
    /// Text of a QR code (`weixin://…`).
    Native { code_url: String },
    /// Address to open.
    H5 { h5_url: String },
    /// Argument of `my.tradePay` in Alipay's mini program.
    Trade { trade_no: String },
    /// A form the browser posts to the channel, fields in order.
    Form { action: String, fields: Vec<(String, String)> },
}

/// State of a payment as the channel tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelPaymentState {
    NotPaid,
    Paying,
    Paid,
    Closed,
    Refunded,
    Failed,
}

/// A payment as the channel knows it.
#[derive(Debug, Clone)]
pub struct ChannelPayment {
    pub number: String,
    pub state: ChannelPaymentState,
    /// Present once paid.
    pub transaction_id: Option<String>,
    pub amount: Option<Fen>,
    pub currency: Option<String>,
    pub app_id: String,
    pub merchant_id: String,
    pub payer_openid: Option<String>,
    pub paid_at: Option<Instant>,
}

/// Answer to a close request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseOutcome {
    /// The intent cannot be paid any more (closed now or before, or never known to the channel).
    Closed,
    /// The member was faster: treat it as paid, query for details.
    AlreadyPaid,
}

/// Money going back.
#[derive(Debug, Clone)]
pub struct RefundRequest {
    /// Number of the payment being refunded.
    pub payment_number: String,
    /// The channel's number of that payment.
    pub transaction_id: String,
    /// Our number of this refund; never changed on retry.
    pub refund_number: String,
    pub amount: Fen,
    /// Amount of the whole payment.
    pub payment_total: Fen,
    pub reason: String,
    pub notify_url: String,
}

/// State of a refund at the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelRefundState {
    Processing,
    Done,
    Closed,
    Abnormal,
}

/// A refund as the channel knows it.
#[derive(Debug, Clone)]
pub struct ChannelRefund {
    pub refund_number: String,
    pub channel_refund_id: String,
    pub state: ChannelRefundState,
    pub amount: Fen,
    pub finished_at: Option<Instant>,
}

/// One merchant account at one payment channel.
pub trait PaymentChannel: Send + Sync {
    /// `wechat`, `alipay`, …; stored with every payment.
    fn name(&self) -> &'static str;
    /// App id this account pays for (checked against notices).
    fn app_id(&self) -> &str;
    /// Merchant id (checked against notices).
    fn merchant_id(&self) -> &str;
    /// Asks for a payment intent; same number with the same content answers the same kind of thing.
    /// `payment.already_paid` (409) if the number was paid.
    fn create<'a>(&'a self, intent: &'a PaymentIntent) -> Pending<'a, PayInstruction>;
    /// State by our number; `None` if the channel never heard of it.
    fn query<'a>(&'a self, number: &'a str) -> Pending<'a, Option<ChannelPayment>>;
    /// Makes the intent unpayable, or tells that it was paid. A channel that cannot close answers `Closed` for what is not
    /// paid; what is paid after all finds nothing to pay and goes back.
    fn close<'a>(&'a self, number: &'a str) -> Pending<'a, CloseOutcome>;
    /// Starts a refund; safe to repeat with the same numbers. An unknown outcome is `payment.channel_unknown` (502): query.
    fn refund<'a>(&'a self, request: &'a RefundRequest) -> Pending<'a, ChannelRefund>;
    /// How old a number may be when the channel first hears of it, where the channel cares: after that a payment gets a new
    /// attempt, and a refund that it never heard of a new number.
    fn fresh_for(&self) -> Option<i64> {
        None
    }
    /// State of a refund of a payment; `None` if the channel never heard of it.
    fn query_refund<'a>(
        &'a self,
        payment_number: &'a str,
        refund_number: &'a str,
    ) -> Pending<'a, Option<ChannelRefund>>;
    /// Who the payer is at this channel, by the code its mini program gave; where members do not sign in with it.
    fn payer<'a>(&'a self, _code: &'a str) -> Pending<'a, String> {
        Box::pin(async { Err(scene_unsupported()) })
    }
    /// The same account's way to collect for several orders at once, where the channel has one.
    fn combined(&self) -> Option<&dyn CombinedChannel> {
        None
    }
    /// Whether new payments over several orders are collected order by order; those begun stay as they are.
    fn combines(&self) -> bool {
        self.combined().is_some()
    }
    /// The same account's way to collect by a code that the payer shows at a counter, where the channel has one.
    fn codes(&self) -> Option<&dyn CodeChannel> {
        None
    }
    /// The same account's way to pay out, where the channel has one.
    fn transfers(&self) -> Option<&dyn TransferChannel> {
        None
    }
    /// Verifies and decrypts a callback; anything doubtful is `payment.notice_rejected` (401).
    fn read_notice<'a>(&'a self, raw: &'a RawNotice<'a>) -> Pending<'a, Notice>;
    /// The bill of a day, as days since 1970 in China's time; to be had from 10:00 of the next day.
    /// `payment.bill_not_ready` (502) before that, `payment.no_bills` (409) of a channel that has none.
    fn bill(&self, _day: i64) -> Pending<'_, Bill> {
        Box::pin(async { Err(bill::none()) })
    }
    /// What moved on the merchant's account on a day, fees and transfers too; as for [`PaymentChannel::bill`].
    fn fund_flow(&self, _day: i64) -> Pending<'_, Bill> {
        Box::pin(async { Err(bill::none()) })
    }
}

/// The channel has no such way to pay.
pub fn scene_unsupported() -> crate::Error {
    crate::Error::conflict("payment.scene_unsupported", "这种支付方式在这里用不了，请换一种")
}

// ---------------------------------------------------------------- messages, carriers, files

/// Sends one text message.
pub trait SmsSender: Send + Sync {
    /// `template` is our name of it (`sign_in_code`) or the carrier's own code (`SMS_…`); `params` fill it. `sms.limited` (429) when the carrier refuses for frequency.
    fn send<'a>(&'a self, phone: &'a str, template: &'a str, params: &'a [(&'a str, &'a str)]) -> Pending<'a, ()>;
}

/// Where a parcel is, in words all carriers share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackState {
    Collected,
    InTransit,
    Delivering,
    Signed,
    Trouble,
    Returning,
    Returned,
    Refused,
}

impl TrackState {
    /// The word stored and sent: `in_transit` …
    pub const fn as_str(self) -> &'static str {
        match self {
            TrackState::Collected => "collected",
            TrackState::InTransit => "in_transit",
            TrackState::Delivering => "delivering",
            TrackState::Signed => "signed",
            TrackState::Trouble => "trouble",
            TrackState::Returning => "returning",
            TrackState::Returned => "returned",
            TrackState::Refused => "refused",
        }
    }
}

/// One line of a parcel's journey.
#[derive(Debug, Clone)]
pub struct TrackEvent {
    pub at: Instant,
    pub text: String,
}

/// A parcel's journey, newest first.
#[derive(Debug, Clone)]
pub struct Track {
    pub state: TrackState,
    pub events: Vec<TrackEvent>,
}

/// Looks up parcels.
pub trait ExpressTracker: Send + Sync {
    /// `carrier` is 快递100's company code (`shunfeng`); the phone's last four digits are needed by some carriers.
    /// `None` while nothing is known of the number.
    fn track<'a>(&'a self, carrier: &'a str, number: &'a str, phone: &'a str) -> Pending<'a, Option<Track>>;
}

/// Keeps files by key (`m1/2026/11/abc.jpg`).
pub trait ObjectStore: Send + Sync {
    fn put<'a>(&'a self, key: &'a str, content_type: &'a str, bytes: Vec<u8>) -> Pending<'a, ()>;
    /// Bytes and content type; `None` if there is no such key.
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<(Vec<u8>, String)>>;
    fn delete<'a>(&'a self, key: &'a str) -> Pending<'a, ()>;
    /// Address a browser can load; relative for the local store.
    fn url(&self, key: &str) -> String;
    /// A write, a read and a delete; for `doctor`.
    fn check(&self) -> Pending<'_, ()>;
}
