// Every page with its address, title and the permission it needs. Pages load when first opened.

import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import { asFailure } from './http';
import { ALL_PAGES } from './navigation';
import { useSession } from './session';

declare module 'vue-router' {
  interface RouteMeta {
    title?: string;
    permission?: string;
    open?: boolean;
  }
}

const page = (
  path: string,
  title: string,
  permission: string,
  component: RouteRecordRaw['component'],
): RouteRecordRaw => ({ path, component: component!, meta: { title, permission } });

const pages: RouteRecordRaw[] = [
  page('', '概览', 'dashboard.view', () => import('@/modules/overview/dashboard/page.vue')),
  page('orders', '订单', 'order.view', () => import('@/modules/trade/order/list.vue')),
  page('orders/:id', '订单详情', 'order.view', () => import('@/modules/trade/order/detail.vue')),
  page('ship-file', '批量发货', 'order.ship', () => import('@/modules/trade/ship-file/page.vue')),
  page('after-sales', '售后', 'after_sale.view', () => import('@/modules/trade/after-sale/list.vue')),
  page('after-sales/:id', '售后详情', 'after_sale.view', () => import('@/modules/trade/after-sale/detail.vue')),
  page('after-sale-rules', '售后规则', 'settings.edit', () => import('@/modules/setting/after-sale/form.vue')),
  page('notices', '消息通知', 'settings.edit', () => import('@/modules/setting/notice/list.vue')),
  page('refunds', '退款', 'order.refund', () => import('@/modules/trade/refund/list.vue')),
  page('shipping-uploads', '微信发货同步', 'order.ship', () => import('@/modules/trade/upload/list.vue')),
  page('counter', '收银台', 'counter.sell', () => import('@/modules/store/counter/page.vue')),
  page('counter/settlement', '门店日结', 'counter.settle', () => import('@/modules/store/counter/settlement.vue')),
  page('pickups', '备货与待取', 'order.redeem', () => import('@/modules/trade/redeem/pickups.vue')),
  page('deliveries', '同城配送', 'delivery.ride', () => import('@/modules/store/delivery/page.vue')),
  page('redeem', '自提核销', 'order.redeem', () => import('@/modules/trade/redeem/page.vue')),
  page('fittings', '门店留货', 'order.redeem', () => import('@/modules/store/fitting/page.vue')),
  page('bookings', '预约看板', 'booking.manage', () => import('@/modules/store/booking/board.vue')),
  page('services', '服务', 'store.view', () => import('@/modules/store/booking/services.vue')),
  page('reviews', '评价', 'review.view', () => import('@/modules/trade/review/list.vue')),
  page('products', '商品', 'product.view', () => import('@/modules/goods/product/list.vue')),
  page('products/new', '新建商品', 'product.edit', () => import('@/modules/goods/product/form.vue')),
  page('products/import', '导入商品', 'product.edit', () => import('@/modules/goods/product/import.vue')),
  page('products/:id', '商品', 'product.view', () => import('@/modules/goods/product/form.vue')),
  page('categories', '分类', 'product.view', () => import('@/modules/goods/category/list.vue')),
  page('brands', '品牌', 'product.view', () => import('@/modules/goods/brand/list.vue')),
  page('stock', '库存', 'inventory.view', () => import('@/modules/goods/stock/list.vue')),
  page('stock/takes', '盘点', 'inventory.view', () => import('@/modules/goods/stock-take/list.vue')),
  page('stock/takes/:id', '盘点单', 'inventory.view', () => import('@/modules/goods/stock-take/sheet.vue')),
  page('stock/transfers', '调拨', 'inventory.view', () => import('@/modules/goods/transfer/list.vue')),
  page('stock/transfers/new', '开调拨单', 'inventory.edit', () => import('@/modules/goods/transfer/form.vue')),
  page('stock/transfers/:id', '调拨单', 'inventory.view', () => import('@/modules/goods/transfer/sheet.vue')),
  page('stock/transfers/:id/edit', '改调拨单', 'inventory.edit', () => import('@/modules/goods/transfer/form.vue')),
  page('stock/replenishment', '补货建议', 'inventory.view', () => import('@/modules/goods/replenish/page.vue')),
  page('freight', '运费模板', 'freight.view', () => import('@/modules/goods/freight/list.vue')),
  page('freight/new', '新建运费模板', 'freight.edit', () => import('@/modules/goods/freight/form.vue')),
  page('freight/:id', '运费模板', 'freight.view', () => import('@/modules/goods/freight/form.vue')),
  page('promotions', '促销', 'campaign.view', () => import('@/modules/campaign/promotion/list.vue')),
  page('promotions/new', '新建促销', 'campaign.edit', () => import('@/modules/campaign/promotion/form.vue')),
  page('promotions/:id', '促销', 'campaign.view', () => import('@/modules/campaign/promotion/form.vue')),
  page('coupons', '优惠券', 'campaign.view', () => import('@/modules/campaign/coupon/list.vue')),
  page('coupons/new', '新建优惠券', 'campaign.edit', () => import('@/modules/campaign/coupon/form.vue')),
  page('coupons/:id', '优惠券', 'campaign.view', () => import('@/modules/campaign/coupon/form.vue')),
  page('points-mall', '积分商城', 'campaign.view', () => import('@/modules/campaign/points-mall/list.vue')),
  page('limited-sales', '限时购', 'campaign.view', () => import('@/modules/campaign/limited/list.vue')),
  page('limited-sales/new', '新建限时购', 'campaign.edit', () => import('@/modules/campaign/limited/form.vue')),
  page('limited-sales/:id', '限时购', 'campaign.view', () => import('@/modules/campaign/limited/form.vue')),
  page('preview', '试算', 'campaign.view', () => import('@/modules/campaign/preview/page.vue')),
  page('members', '会员', 'member.view', () => import('@/modules/people/member/list.vue')),
  page('members/:id', '会员资料', 'member.view', () => import('@/modules/people/member/profile.vue')),
  page('members/:id/accounts', '积分与余额', 'member.view', () => import('@/modules/people/member/accounts.vue')),
  page('tiers', '等级', 'member.view', () => import('@/modules/people/tier/list.vue')),
  page('points', '积分规则', 'loyalty.edit', () => import('@/modules/people/points/form.vue')),
  page('top-ups', '储值方案', 'member.view', () => import('@/modules/people/top-up/list.vue')),
  page('membership-plans', '付费会员', 'member.view', () => import('@/modules/people/plan/list.vue')),
  page('pages', '页面', 'page.view', () => import('@/modules/content/page/list.vue')),
  page('pages/:id', '装修页面', 'page.view', () => import('@/modules/content/page/editor.vue')),
  page('media', '素材库', 'product.view', () => import('@/modules/content/media/list.vue')),
  page('finance', '财务报表', 'finance.view', () => import('@/modules/finance/report/page.vue')),
  page('reconciliation', '对账', 'finance.view', () => import('@/modules/finance/reconcile/page.vue')),
  page('invoices', '发票', 'invoice.handle', () => import('@/modules/finance/invoice/list.vue')),
  page('shops', '店铺', 'store.view', () => import('@/modules/store/shop/list.vue')),
  page('stores', '门店', 'store.view', () => import('@/modules/store/store/list.vue')),
  page('my-members', '我的会员', '', () => import('@/modules/store/home/mine.vue')),
  page('homes', '会员归属', 'home.view', () => import('@/modules/store/home/report.vue')),
  page('stores/new', '新建门店', 'store.edit', () => import('@/modules/store/store/form.vue')),
  page('stores/:id', '门店', 'store.view', () => import('@/modules/store/store/form.vue')),
  page('staff', '员工', 'staff.view', () => import('@/modules/setting/staff/list.vue')),
  page('roles', '角色权限', 'staff.view', () => import('@/modules/setting/role/list.vue')),
  page('tasks', '任务', '', () => import('@/modules/setting/task/list.vue')),
  page('tasks/:id', '任务', '', () => import('@/modules/setting/task/detail.vue')),
  page('audit', '操作日志', 'audit.view', () => import('@/modules/setting/audit/list.vue')),
  page('privacy', '隐私政策', 'settings.edit', () => import('@/modules/setting/policy/page.vue')),
  page('webhooks', 'Webhook', 'webhook.edit', () => import('@/modules/setting/webhook/list.vue')),
  page('webhooks/:id', '投递记录', 'webhook.edit', () => import('@/modules/setting/webhook/deliveries.vue')),
  page('api-keys', 'API 密钥', 'api_key.edit', () => import('@/modules/setting/api-key/list.vue')),
  page('accounts', '外部账号', 'settings.edit', () => import('@/modules/setting/account/list.vue')),
  page('templates', '开店模板', 'settings.edit', () => import('@/modules/setting/template/page.vue')),
  page('settings', '商城设置', 'settings.edit', () => import('@/modules/setting/mall/form.vue')),
  { path: ':rest(.*)*', component: () => import('@/shell/not-found.vue'), meta: { title: '没有这个页面' } },
];

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    {
      path: '/sign-in',
      name: 'sign-in',
      component: () => import('@/shell/sign-in.vue'),
      meta: { open: true, title: '登录' },
    },
    {
      path: '/print',
      component: () => import('@/modules/trade/print/page.vue'),
      meta: { title: '打印', permission: 'order.ship' },
    },
    { path: '/', component: () => import('@/shell/layout.vue'), children: pages },
  ],
  scrollBehavior: (to, _from, saved) => saved ?? (to.hash ? { el: to.hash, top: 72 } : { top: 0 }),
});

router.beforeEach(async (to) => {
  const session = useSession();
  if (to.meta.open) return true;
  const signIn = { name: 'sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } };
  try {
    if (!(await session.restore())) return signIn;
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.status === 401) return signIn;
    ElMessage.error(failure.message);
    return { name: 'sign-in', query: { ...signIn.query, reason: failure.code } };
  }
  // Someone without the overview starts at the first page they may see.
  if (to.path === '/' && !session.can('dashboard.view')) {
    const first = ALL_PAGES.find((known) => session.can(known.permission));
    if (first) return first.path;
  }
  return true;
});

router.afterEach((to) => {
  document.title = to.meta.title ? `${to.meta.title} · 河坊后台` : '河坊后台';
});
