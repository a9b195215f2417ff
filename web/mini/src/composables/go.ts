// Every way from one page to another, by name. Tabs and pages differ in how they open; callers do
// not need to know which is which.
import type { Link } from '@/api/types';
import { useSession } from '@/stores/session';

const TABS = ['/pages/home/index', '/pages/category/index', '/pages/cart/index', '/pages/me/index'];

function query(values: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return pairs.length
    ? `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`
    : '';
}

/** A text that came through an address, where it may stand encoded or plain. */
export function textOf(value: string | undefined): string {
  try {
    return decodeURIComponent(value ?? '');
  } catch {
    return value ?? '';
  }
}

export const place = {
  product: (id: string) => `/pages/product/detail${query({ id })}`,
  products: (filter: { category_id?: string; q?: string; tag?: string; brand_id?: string; title?: string }) =>
    `/pages/product/list${query(filter)}`,
  search: (q = '') => `/pages/product/search${query({ q })}`,
  reviews: (id: string) => `/pages/product/reviews${query({ id })}`,
  order: (id: string) => `/pages/order/detail${query({ id })}`,
  orders: (state = 'all') => `/pages/order/list${query({ state })}`,
  afterTrack: (after_sale_id: string, way: 'return' | 'reship') => `/pages/order/track${query({ after_sale_id, way })}`,
  track: (id: string, parcel_id: string) => `/pages/order/track${query({ id, parcel_id })}`,
  review: (id: string) => `/pages/order/review${query({ id })}`,
  memberCode: () => '/pages/member/code',
  afterSales: () => '/pages/after/list',
  afterSale: (id: string) => `/pages/after/detail${query({ id })}`,
  askAfterSale: (order_id: string) => `/pages/after/apply${query({ order_id })}`,
  checkout: () => '/pages/checkout/index',
  cashier: (order_id: string, more: { payment_id?: string; returned?: 1 } = {}) =>
    `/pages/checkout/cashier${query({ order_id, ...more })}`,
  result: (order_id: string) => `/pages/checkout/result${query({ order_id })}`,
  membership: () => '/pages/club/index',
  points: () => '/pages/club/points',
  pointsMall: () => '/pages/club/mall',
  balance: () => '/pages/club/balance',
  payPassword: () => '/pages/club/password',
  buy: (purchase_id: string, more: { payment_id?: string; returned?: 1 } = {}) =>
    `/pages/club/buy${query({ purchase_id, ...more })}`,
  addresses: (choose = false) => `/pages/member/addresses${query({ choose: choose ? 1 : undefined })}`,
  page: (slug: string) => (slug === 'home' ? '/pages/home/index' : `/pages/page/index${query({ slug })}`),
  coupon: (id: string) => `/pages/offer/coupon${query({ id })}`,
  couponGift: (gift: string) => `/pages/offer/coupon${query({ gift })}`,
  limited: () => '/pages/offer/limited',
  coupons: () => '/pages/offer/centre',
  myCoupons: () => '/pages/offer/mine',
  services: (store_id = '') => `/pages/booking/list${query({ store_id })}`,
  service: (id: string, store_id = '') => `/pages/booking/service${query({ id, store_id })}`,
  fittings: () => '/pages/booking/fittings',
  bookings: () => '/pages/booking/mine',
  booking: (id: string) => `/pages/booking/detail${query({ id })}`,
  invoices: () => '/pages/invoice/list',
  invoice: (id: string) => `/pages/invoice/detail${query({ id })}`,
  invoiceRequest: (order_id?: string) => `/pages/invoice/request${query({ order_id })}`,
  invoiceTitles: () => '/pages/invoice/titles',
  invoiceTitle: (id?: string) => `/pages/invoice/title-edit${query({ id })}`,
  stores: (district = '') => `/pages/member/stores${query({ district })}`,
  store: (id: string) => `/pages/member/store${query({ id })}`,
  address: (id?: string) => `/pages/member/address-edit${query({ id })}`,
};

export function go(url: string): void {
  if (TABS.includes(url.split('?')[0]!)) uni.switchTab({ url });
  else uni.navigateTo({ url, fail: () => uni.redirectTo({ url }) });
}

export const replace = (url: string): void => {
  if (TABS.includes(url.split('?')[0]!)) uni.switchTab({ url });
  else uni.redirectTo({ url });
};

/** Back one page, or home when this page was the first one opened. */
export function back(): void {
  if (getCurrentPages().length > 1) uni.navigateBack();
  else uni.switchTab({ url: '/pages/home/index' });
}

/** Where a link from the decorated home page leads. */
export function linkAddress(link: Link, title?: string): string {
  if (link.kind === 'product') return place.product(link.target);
  if (link.kind === 'category') return place.products({ category_id: link.target, title });
  if (link.kind === 'search') return place.products({ q: link.target, title });
  return place.page(link.target);
}

/** True for a member; otherwise opens the sign-in page, which then leads to `next`, or back here. */
export function asMember(next?: string): boolean {
  if (useSession().isMember) return true;
  go(`/pages/sign-in/index${query({ next })}`);
  return false;
}

/** Opens a page that only members have, by way of the sign-in page when it must. */
export function goAsMember(url: string): void {
  if (asMember(url)) go(url);
}
