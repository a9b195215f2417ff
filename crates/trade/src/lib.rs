//! The sale: cart, quote, order, payment, transfers, shipping, pickup, and what holds the payments against the channels'
//! bills. It does not know that campaigns exist; they reach the quote
//! and the order through `offers`. Payment does not know what an order is: `server::flows` joins the two.

pub mod cart;

pub mod timeslot;

pub mod delivery;

pub mod offers;

pub mod quote;

pub mod payment;

pub mod transfer;

pub mod order;

pub mod reconcile;

pub mod invoice;

pub mod counter;
pub mod redemption;

pub mod pickup;

pub mod booking;

pub mod fitting;
pub mod shipping;

pub mod after_sale;

pub mod personal;

use db::Constraint;

/// Names of this floor's database constraints, with the codes and sentences they become.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint {
        name: "cart_line_quantity_in_range", code: "cart.over_limit", message: "每种规格最多放 999 件"
    },
    Constraint {
        name: "trade_order_refund_within_paid", code: "refund.too_much", message: "退款超过了实付金额"
    },
    Constraint {
        name: "payment_refund_within_amount", code: "refund.too_much", message: "退款超过了这笔支付的金额"
    },
    Constraint {
        name: "payment_part_refund_within_amount",
        code: "refund.too_much",
        message: "退款超过了这个订单付的金额",
    },
    Constraint {
        name: "payment_part_transaction_once",
        code: "payment.transaction_used",
        message: "这笔交易已经登记过",
    },
    Constraint {
        name: "payment_transaction_once", code: "payment.transaction_used", message: "这笔交易已经登记过"
    },
    Constraint {
        name: "order_line_shipped_within_quantity",
        code: "order.shipped_too_much",
        message: "发货数量超过了订单数量",
    },
    Constraint {
        name: "order_line_claims_within_quantity",
        code: "after_sale.too_many",
        message: "这些商品已经在另一个售后里，或者数量不够了",
    },
    Constraint {
        name: "order_line_withheld_not_sent",
        code: "after_sale.too_many",
        message: "这些商品已经发出，或者在另一个售后里",
    },
    Constraint {
        name: "redemption_request_once",
        code: "redemption.key_used",
        message: "这次核销的编号已经用过，请重新查询再交付",
    },
    Constraint {
        name: "counter_shift_open_once",
        code: "counter.shift_open",
        message: "你在这家门店还有没交的班次，请继续使用或先交班",
    },
    Constraint { name: "counter_sale_request_once", code: "counter.sale_sent", message: "这笔销售已经提交过" },
    Constraint { name: "open_return_request_once", code: "counter.sale_sent", message: "这笔退货已经提交过" },
    Constraint { name: "drawer_entry_source_once", code: "counter.cash_moved", message: "这笔现金已经记过" },
    Constraint {
        name: "member_code_used_once",
        code: "counter.code_used",
        message: "这个会员码已经付过一次，请顾客刷新后再扫",
    },
    Constraint {
        name: "booking_tick_within_capacity",
        code: "booking.time_full",
        message: "这个时间刚刚约满了，请换一个",
    },
    Constraint {
        name: "delivery_unfinished_once",
        code: "delivery.under_way",
        message: "这个订单已经有一次没结束的配送",
    },
    Constraint {
        name: "parcel_tracking_once", code: "shipping.tracking_used", message: "这个运单号已经登记在此订单"
    },
];
