// What a member may do with an order. The server says which actions are allowed; here is only what
// each one does, so that the list and the detail cannot differ.
import { call } from '@/api/client';
import type { Action, OrderDetail, OrderLineView, ParcelView } from '@/api/types';
import { t } from '@/messages';
import { useCart } from '@/stores/cart';
import { go, place } from './go';
import { ask, say, sayFailure } from './say';

const reasons = (): string[] => [
  t('order.why_changed'),
  t('order.why_option'),
  t('order.why_address'),
  t('order.why_payment'),
  t('order.why_other'),
];

/** The order in which buttons stand; the last one is the primary. */
const RANK: Action[] = ['cancel', 'refund_ask', 'track', 'buy_again', 'review', 'confirm', 'pay'];

interface Acted {
  id: string;
  allowed_actions: Action[];
  lines: OrderLineView[];
  parcels?: ParcelView[];
  /** Orders that are paid together, this one too: all of them, or how many. */
  together?: unknown[] | { orders: number } | null;
}

function togetherWith(order: Acted): number {
  const { together } = order;
  return Array.isArray(together) ? together.length : (together?.orders ?? 0);
}

/** The buttons to draw; what staff may do is not for this app. */
export function buttonsOf(order: { allowed_actions: Action[] }): Action[] {
  return RANK.filter((action) => order.allowed_actions.includes(action));
}

function pickReason(): Promise<string | null> {
  const choices = reasons();
  return new Promise((resolve) =>
    uni.showActionSheet({
      itemList: choices,
      success: (chosen) => resolve(choices[chosen.tapIndex] ?? null),
      fail: () => resolve(null),
    }),
  );
}

async function buyAgain(order: Acted): Promise<void> {
  const cart = useCart();
  let added = 0;
  let refusal: unknown = null;
  for (const line of order.lines) {
    try {
      await cart.add(line.sku_id, line.quantity);
      added += 1;
    } catch (reason) {
      refusal = reason;
    }
  }
  if (!added) return sayFailure(refusal);
  if (refusal) say(t('order.some_gone'));
  go('/pages/cart/index');
}

async function seeParcels(order: Acted): Promise<void> {
  const parcels = order.parcels ?? (await call('get', '/api/v1/orders/{id}', { path: { id: order.id } })).parcels;
  if (parcels.length === 1) go(place.track(order.id, parcels[0]!.id));
  else go(place.order(order.id));
}

/** Does it, and gives back the order as it is afterwards when it changed. */
export async function act(action: Action, order: Acted): Promise<OrderDetail | null> {
  try {
    if (action === 'pay') go(place.cashier(order.id));
    else if (action === 'review') go(place.review(order.id));
    else if (action === 'refund_ask') go(place.askAfterSale(order.id));
    else if (action === 'track') await seeParcels(order);
    else if (action === 'buy_again') await buyAgain(order);
    else if (action === 'cancel') {
      const n = togetherWith(order);
      const all = {
        title: t('order.together_title'),
        text: t('order.together_closed', { n }),
        yes: t('order.together_yes'),
      };
      if (n > 1 && !(await ask(all))) return null;
      const reason = await pickReason();
      if (reason === null) return null;
      const after = await call('post', '/api/v1/orders/{id}/cancel', { path: { id: order.id }, body: { reason } });
      say(t('order.cancelled'));
      return after;
    } else if (action === 'confirm') {
      if (
        !(await ask({
          title: t('order.confirm_title'),
          text: t('order.confirm_text'),
          yes: t('order.confirm_yes'),
          no: t('order.confirm_no'),
        }))
      )
        return null;
      const after = await call('post', '/api/v1/orders/{id}/confirm', { path: { id: order.id } });
      say(t('order.confirmed'));
      return after;
    }
  } catch (reason) {
    sayFailure(reason);
  }
  return null;
}
