// The pages of the back office by job, for the side navigation and the quick jump.

import {
  Bell,
  Bicycle,
  Box,
  Brush,
  Calendar,
  Coin,
  Collection,
  Connection,
  DataLine,
  Discount,
  Document,
  Finished,
  Goods,
  Histogram,
  Key,
  List,
  Location,
  Lock,
  MagicStick,
  Medal,
  MessageBox,
  Operation,
  Picture,
  Postcard,
  Present,
  PriceTag,
  Promotion,
  RefreshLeft,
  Service,
  ScaleToOriginal,
  Setting,
  Shop,
  ShoppingBag,
  Stamp,
  Switch,
  Ticket,
  Tickets,
  Timer,
  TrendCharts,
  User,
  UserFilled,
  Van,
  Wallet,
} from '@element-plus/icons-vue';
import type { Component } from 'vue';

export interface NavPage {
  title: string;
  path: string;
  permission: string;
  icon: Component;
  /** Other words a person might type to find the page. */
  words: string;
}

export interface NavGroup {
  title: string;
  pages: NavPage[];
}

const page = (title: string, path: string, permission: string, icon: Component, words = ''): NavPage => ({
  title,
  path,
  permission,
  icon,
  words,
});

export const NAVIGATION: NavGroup[] = [
  { title: '', pages: [page('概览', '/', 'dashboard.view', DataLine, 'dashboard 首页 今日 销售')] },
  {
    title: '订单',
    pages: [
      page('订单', '/orders', 'order.view', Tickets, 'orders 发货 退款'),
      page('售后', '/after-sales', 'after_sale.view', Service, 'after-sale 退货 换货 仅退款 验货 申诉'),
      page('退款', '/refunds', 'order.refund', RefreshLeft, 'refunds 失败 退回'),
      page('收银台', '/counter', 'counter.sell', Coin, 'counter pos 柜台 收银 班次 交班'),
      page('备货与待取', '/pickups', 'order.redeem', Box, 'pickups 自提 备货 叫号'),
      page('同城配送', '/deliveries', 'delivery.ride', Bicycle, 'deliveries 骑手 配送 接单 送达'),
      page('自提核销', '/redeem', 'order.redeem', ShoppingBag, 'redeem 取货码 门店'),
      page('门店留货', '/fittings', 'order.redeem', Goods, 'fittings 留货 预留 试穿 试用'),
      page('预约看板', '/bookings', 'booking.manage', Calendar, 'bookings 预约 到店 代约 改约'),
      page('评价', '/reviews', 'review.view', MessageBox, 'reviews 回复'),
      page('微信发货同步', '/shipping-uploads', 'order.ship', Promotion, 'wechat upload 冻结 结算'),
    ],
  },
  {
    title: '商品',
    pages: [
      page('商品', '/products', 'product.view', Goods, 'products 上架 下架'),
      page('分类', '/categories', 'product.view', Collection, 'categories'),
      page('品牌', '/brands', 'product.view', PriceTag, 'brands'),
      page('库存', '/stock', 'inventory.view', Box, 'inventory 入库 预警'),
      page('调拨', '/stock/transfers', 'inventory.view', Switch, 'transfer 在途 收货 门店'),
      page('补货建议', '/stock/replenishment', 'inventory.view', Histogram, 'replenish 补货 够卖几天'),
      page('盘点', '/stock/takes', 'inventory.view', Finished, 'stock take 清点 盘盈 盘亏'),
      page('运费模板', '/freight', 'freight.view', Van, 'freight 包邮 运费'),
    ],
  },
  {
    title: '会员',
    pages: [
      page('会员', '/members', 'member.view', User, 'members 顾客'),
      page('等级', '/tiers', 'member.view', Medal, 'tiers 成长值 权益 生日'),
      page('积分规则', '/points', 'loyalty.edit', Coin, 'points 签到 抵扣 过期'),
      page('储值方案', '/top-ups', 'member.view', Wallet, 'balance 余额 充值 退储值'),
      page('付费会员', '/membership-plans', 'member.view', Postcard, 'membership 年卡 续费'),
    ],
  },
  {
    title: '内容',
    pages: [
      page('页面', '/pages', 'page.view', Brush, 'pages 装修 首页 活动页 decorate'),
      page('素材库', '/media', 'product.view', Picture, 'media 图片 视频 素材'),
    ],
  },
  {
    title: '营销',
    pages: [
      page('促销', '/promotions', 'campaign.view', Discount, 'promotions 满减 满折 满赠 任选'),
      page('优惠券', '/coupons', 'campaign.view', Ticket, 'coupons 券 兑换码'),
      page('限时购', '/limited-sales', 'campaign.view', Timer, 'limited 限时 秒杀'),
      page('积分商城', '/points-mall', 'campaign.view', Present, 'points mall 兑换 礼品'),
      page('试算', '/preview', 'campaign.view', Operation, 'preview 计算 价格'),
    ],
  },
  {
    title: '财务',
    pages: [
      page('财务报表', '/finance', 'finance.view', TrendCharts, 'finance 日报 月报 结算 收入 负债'),
      page('对账', '/reconciliation', 'finance.view', ScaleToOriginal, 'reconciliation 账单 差异 微信账单'),
      page('发票', '/invoices', 'invoice.handle', Stamp, 'invoice fapiao 数电票 红字'),
    ],
  },
  {
    title: '门店',
    pages: [
      page('门店', '/stores', 'store.view', Location, 'stores 自提点 营业时间'),
      page('服务', '/services', 'store.view', MagicStick, 'services 预约 老师 房间 定金'),
      page('我的会员', '/my-members', '', Postcard, 'my members 导购 邀请码 二维码 业绩'),
      page('会员归属', '/homes', 'home.view', Connection, 'homes 导购 业绩 归属 邀请码 海报'),
      page('店铺', '/shops', 'store.view', Shop, 'shops 多店铺 合单'),
    ],
  },
  {
    title: '设置',
    pages: [
      page('员工', '/staff', 'staff.view', UserFilled, 'staff 账号'),
      page('角色权限', '/roles', 'staff.view', Key, 'roles permissions'),
      page('任务', '/tasks', '', List, 'tasks 导入 导出 进度'),
      page('操作日志', '/audit', 'audit.view', Document, 'audit 记录'),
      page('隐私政策', '/privacy', 'settings.edit', Lock, 'privacy 同意 版本'),
      page('Webhook', '/webhooks', 'webhook.edit', Connection, 'webhook 通知 推送 集成 ERP'),
      page('API 密钥', '/api-keys', 'api_key.edit', Promotion, 'api key 开放接口 集成'),
      page('外部账号', '/accounts', 'settings.edit', Connection, 'accounts 微信支付 小程序 短信 快递100 密钥 存储'),
      page('消息通知', '/notices', 'settings.edit', Bell, 'notices 订阅消息 短信 模板 提醒'),
      page('开店模板', '/templates', 'settings.edit', MagicStick, 'templates 示例 开店'),
      page('售后规则', '/after-sale-rules', 'settings.edit', Service, 'after-sale 退货地址 时限'),
      page('商城设置', '/settings', 'settings.edit', Setting, 'settings 名称 备案'),
    ],
  },
];

export const ALL_PAGES: NavPage[] = NAVIGATION.flatMap((group) => group.pages);
