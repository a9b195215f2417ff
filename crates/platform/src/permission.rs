//! Permissions of staff. A permission is a type, so a handler that needs one says so in its signature:
//! `Staff<perm::OrderShip>`. Codes are stored in roles; bits are only for speed and never leave the process.

use db::Db;
use kernel::ports::Pending;
use kernel::{Id, Instant, MallId};
use std::net::IpAddr;

/// A right to do something in the back office.
pub trait Permission: Send + Sync + 'static {
    /// Stored and sent code, like `order.ship`.
    const CODE: &'static str;
    /// Position in [`ALL`]; `u32::MAX` for "any signed-in staff".
    const BIT: u32;
    /// True where only a person may act, never an API key: the own account.
    const PERSON_ONLY: bool = false;
}

/// One permission as shown in the role editor.
#[derive(Debug, Clone, Copy)]
pub struct PermissionInfo {
    pub code: &'static str,
    pub group: &'static str,
    pub label: &'static str,
}

macro_rules! permissions {
    ($($name:ident $code:literal $group:literal $label:literal;)*) => {
        /// Bits, counted in the order of the list.
        #[repr(u32)]
        enum Bit {
            $($name),*
        }

        /// The permission types.
        pub mod perm {
            use super::Permission;
            $(
                #[doc = $label]
                pub struct $name;
                impl Permission for $name {
                    const CODE: &'static str = $code;
                    const BIT: u32 = super::Bit::$name as u32;
                }
            )*
            /// Any staff that is signed in.
            pub struct SignedIn;
            impl Permission for SignedIn {
                const CODE: &'static str = "";
                const BIT: u32 = u32::MAX;
            }
            /// Any staff that is signed in as a person, about the own account.
            pub struct Person;
            impl Permission for Person {
                const CODE: &'static str = "";
                const BIT: u32 = u32::MAX;
                const PERSON_ONLY: bool = true;
            }
        }
        /// Every permission, in the order of their bits.
        pub const ALL: &[PermissionInfo] = &[
            $(PermissionInfo { code: $code, group: $group, label: $label },)*
        ];
    };
}

permissions! {
    DashboardView "dashboard.view" "概览" "查看概览";
    ProductView "product.view" "商品" "查看商品";
    ProductEdit "product.edit" "商品" "编辑商品、分类与品牌";
    InventoryView "inventory.view" "商品" "查看库存";
    InventoryEdit "inventory.edit" "商品" "调整库存";
    FreightView "freight.view" "商品" "查看运费模板";
    FreightEdit "freight.edit" "商品" "编辑运费模板";
    OrderView "order.view" "订单" "查看订单";
    OrderShip "order.ship" "订单" "发货与备货";
    OrderRefund "order.refund" "订单" "退款";
    OrderClose "order.close" "订单" "关闭未付款订单";
    OrderPayOffline "order.pay_offline" "订单" "登记线下收款";
    OrderRemark "order.remark" "订单" "备注订单";
    OrderRedeem "order.redeem" "订单" "核销自提";
    ReviewView "review.view" "订单" "查看评价";
    ReviewEdit "review.edit" "订单" "回复与隐藏评价";
    MemberView "member.view" "会员" "查看会员";
    StoreView "store.view" "门店" "查看门店";
    StoreEdit "store.edit" "门店" "编辑门店";
    StaffView "staff.view" "设置" "查看员工与角色";
    StaffEdit "staff.edit" "设置" "编辑员工与角色";
    AuditView "audit.view" "设置" "查看操作日志";
    SettingsEdit "settings.edit" "设置" "修改商城设置";
    OrderChangePrice "order.change_price" "订单" "给未付款订单改价";
    RefundSettle "refund.settle" "订单" "重试和登记退款";
    MemberBlock "member.block" "会员" "停用与恢复会员";
    OrderExport "order.export" "订单" "导出订单（含收货人信息）";
    LoyaltyEdit "loyalty.edit" "会员" "编辑等级、积分、储值与付费会员";
    MemberAdjust "member.adjust" "会员" "调整积分与余额、退储值";
    LedgerView "ledger.view" "财务" "查看积分与余额负债";
    WebhookEdit "webhook.edit" "设置" "管理 Webhook";
    ApiKeyEdit "api_key.edit" "设置" "管理 API 密钥";
    PageView "page.view" "内容" "查看装修页面";
    PageEdit "page.edit" "内容" "编辑与发布装修页面";
    MediaEdit "media.edit" "内容" "整理与删除素材";
    CampaignView "campaign.view" "营销" "查看营销活动";
    CampaignEdit "campaign.edit" "营销" "编辑与发布营销活动";
    AfterSaleView "after_sale.view" "订单" "查看售后";
    AfterSaleEdit "after_sale.edit" "订单" "处理售后（同意即退款）";
    AfterSaleArbitrate "after_sale.arbitrate" "订单" "裁决交平台处理的售后";
    FinanceView "finance.view" "财务" "查看对账与财务报表";
    FinanceSettle "finance.settle" "财务" "重新对账、处理差异";
    InvoiceHandle "invoice.handle" "财务" "处理发票";
    TransferMake "transfer.make" "财务" "向会员转账";
    CounterSell "counter.sell" "门店" "柜台收银、凭小票退货";
    CounterOpenReturn "counter.open_return" "门店" "柜台无小票退货";
    CounterSettle "counter.settle" "门店" "查看各班次与门店日结";
    ServiceEdit "service.edit" "门店" "编辑可预约的服务、老师与房间";
    BookingManage "booking.manage" "门店" "预约看板：代约、到店、改约与取消";
    DeliveryRide "delivery.ride" "门店" "接单与配送";
    HomeView "home.view" "门店" "查看门店与导购的会员、业绩和邀请码";
}

/// What a staff member may do, resolved from the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    pub staff_id: Id,
    pub name: String,
    /// The store a clerk is bound to; `None` sees every store.
    pub store_id: Option<Id>,
    bits: u64,
}

impl Grants {
    /// From stored codes; unknown codes (of a newer release) are ignored.
    pub fn new<'a>(staff_id: Id, name: String, store_id: Option<Id>, codes: impl IntoIterator<Item = &'a str>) -> Self {
        let bits = codes.into_iter().filter_map(position).fold(0, |bits, bit| bits | 1 << bit);
        Grants { staff_id, name, store_id, bits }
    }

    /// Everything; for owners.
    pub fn everything(staff_id: Id, name: String, store_id: Option<Id>) -> Self {
        Grants { staff_id, name, store_id, bits: (1 << ALL.len()) - 1 }
    }

    pub fn allow<P: Permission>(&self) -> bool {
        P::BIT == u32::MAX || self.bits & (1 << P::BIT) != 0
    }

    /// The codes held, in display order.
    pub fn codes(&self) -> Vec<&'static str> {
        ALL.iter().enumerate().filter(|(bit, _)| self.bits & (1 << bit) != 0).map(|(_, p)| p.code).collect()
    }
}

fn position(code: &str) -> Option<usize> {
    ALL.iter().position(|p| p.code == code)
}

/// What an API key may not be given: rights over people, rights and other keys stay with people.
pub const NOT_FOR_KEYS: &[&str] = &["staff.edit", "api_key.edit"];

/// An API key that was presented and is good.
#[derive(Debug, Clone)]
pub struct KeyGrant {
    pub mall_id: MallId,
    /// `staff_id` is the key's id, `name` the key's name.
    pub grants: Grants,
}

/// Loads the grants of a staff member; implemented by `people::staff`, and of a key by `open::apikey`.
pub trait GrantSource: Send + Sync {
    /// `None` when the staff member does not exist or is disabled.
    fn load<'a>(&'a self, db: &'a Db, mall_id: MallId, staff_id: Id) -> Pending<'a, Option<Grants>>;
    /// The key of a token that begins like one. `api_key.unknown`, `api_key.expired` (401), `api_key.address_refused` (403).
    fn key<'a>(&'a self, _db: &'a Db, _token: &'a str, _ip: IpAddr, _now: Instant) -> Pending<'a, Option<KeyGrant>> {
        Box::pin(std::future::ready(Ok(None)))
    }
    /// Staff or roles of this mall changed on this node; called after the commit. A source that keeps nothing ignores it.
    fn forget(&self, _mall_id: MallId) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_follow_the_list() {
        let grants = Grants::new(Id(1), "a".into(), None, ["order.ship", "unheard.of"]);
        assert!(grants.allow::<perm::OrderShip>());
        assert!(!grants.allow::<perm::OrderRefund>());
        assert!(grants.allow::<perm::SignedIn>());
        assert_eq!(grants.codes(), ["order.ship"]);
        assert_eq!(ALL[perm::SettingsEdit::BIT as usize].code, perm::SettingsEdit::CODE);
        assert_eq!(Grants::everything(Id(1), String::new(), None).codes().len(), ALL.len());
    }
}
