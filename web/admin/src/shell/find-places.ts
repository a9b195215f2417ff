// What the quick jump offers for a text: pages by their words, then orders, products and members.

import { formatFen } from '@shared/money';
import { orderStatus, productStatus } from '@shared/status';
import { listProducts } from '@/api/goods';
import { listMembers } from '@/api/mall';
import { listOrders } from '@/api/trade';
import { ALL_PAGES } from '@/app/navigation';

export interface Place {
  key: string;
  group: string;
  title: string;
  note: string;
  to: string;
}

type Can = (permission: string) => boolean;
const SHOWN = 5;

export function pagesMatching(text: string, can: Can): Place[] {
  const wanted = text.trim().toLowerCase();
  return ALL_PAGES.filter((page) => can(page.permission))
    .filter((page) => !wanted || `${page.title} ${page.words} ${page.path}`.toLowerCase().includes(wanted))
    .map((page) => ({ key: page.path, group: '页面', title: page.title, note: '', to: page.path }));
}

/** Asks the three lists at once; one that fails or is not allowed is left out. */
export async function findPlaces(q: string, can: Can): Promise<Place[]> {
  const asked: Promise<Place[]>[] = [];
  if (can('order.view')) {
    asked.push(
      listOrders({ q, state: 'all' }).then((page) =>
        page.items.slice(0, SHOWN).map((order) => ({
          key: `order-${order.id}`,
          group: '订单',
          title: order.number,
          note: `${orderStatus(order.status).label} · ${formatFen(order.total_fen)} · ${order.receiver_name ?? order.member.nickname}`,
          to: `/orders/${order.id}`,
        })),
      ),
    );
  }
  if (can('product.view')) {
    asked.push(
      listProducts({ q, status: 'all' }).then((page) =>
        page.items.slice(0, SHOWN).map((product) => ({
          key: `product-${product.id}`,
          group: '商品',
          title: product.name,
          note: `${productStatus(product.status).label} · 可售 ${product.stock - product.reserved}`,
          to: `/products/${product.id}`,
        })),
      ),
    );
  }
  if (can('member.view')) {
    asked.push(
      listMembers({ q }).then((page) =>
        page.items.slice(0, SHOWN).map((member) => ({
          key: `member-${member.id}`,
          group: '会员',
          title: member.nickname,
          note: member.phone_masked ?? '',
          to: `/members?q=${encodeURIComponent(member.nickname)}`,
        })),
      ),
    );
  }
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
