// One product put on or off sale, into the bin and back, or copied, with what it means for shoppers.

import type { AdminProduct, AdminProductRow } from '@api/types';
import { newIdempotencyKey } from '@api/client';
import { binProduct, copyProduct, restoreProduct, setProductStatus } from '@/api/goods';
import { confirmAction } from '@/composables/confirm-action';
import { attempt } from '@/composables/use-submit';

export async function moveOne(row: AdminProductRow, status: 'on_sale' | 'off_sale'): Promise<boolean> {
  const off = status === 'off_sale';
  const sure =
    !off ||
    (await confirmAction({
      title: `下架“${row.name}”`,
      message: '下架后顾客看不到也买不了，已放进购物车的会标为失效。已经下的订单不受影响。',
      verb: '下架',
      danger: true,
    }));
  if (!sure) return false;
  return (await attempt(() => setProductStatus(row.id, status), off ? '已下架' : '已上架')) !== undefined;
}

export async function binOne(row: AdminProductRow): Promise<boolean> {
  const sure = await confirmAction({
    title: `把“${row.name}”移到回收站`,
    message: '顾客将看不到这件商品。订单、评价和库存记录会保留，之后可以从回收站恢复。',
    verb: '移到回收站',
    danger: true,
  });
  if (!sure) return false;
  return (await attempt(() => binProduct(row.id), '已移到回收站')) !== undefined;
}

export async function restoreOne(row: AdminProductRow): Promise<boolean> {
  return (await attempt(() => restoreProduct(row.id), '已恢复，商品处于下架状态')) !== undefined;
}

/** Answers the copy, to go on editing it. */
export async function copyOne(row: AdminProductRow): Promise<AdminProduct | undefined> {
  const copied = await attempt(() => copyProduct(row.id, newIdempotencyKey()), '已复制，副本没有库存、处于下架状态');
  return copied?.answer;
}
