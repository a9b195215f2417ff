// Putting products on and off sale and into the bin, one or many, with what it means for shoppers.

import type { AdminProductRow } from '@api/types';
import { binProduct, restoreProduct, setProductStatus } from '@/api/goods';
import { confirmAction } from '@/composables/confirm-action';
import { attempt } from '@/composables/use-submit';

const named = (rows: readonly AdminProductRow[]) =>
  rows.length === 1 ? `“${rows[0]!.name}”` : `${rows.length} 件商品`;

async function each(rows: readonly AdminProductRow[], change: (id: string) => Promise<unknown>, done: string) {
  let changed = 0;
  for (const row of rows) if (await attempt(() => change(row.id))) changed += 1;
  if (changed > 0) ElMessage.success(rows.length === 1 ? done : `${done} ${changed} 件`);
  return changed > 0;
}

export async function moveSome(rows: readonly AdminProductRow[], status: 'on_sale' | 'off_sale'): Promise<boolean> {
  const off = status === 'off_sale';
  const sure =
    rows.length === 1 && !off
      ? true
      : await confirmAction({
          title: `${off ? '下架' : '上架'}${named(rows)}`,
          message: off
            ? '下架后顾客看不到也买不了，已放进购物车的会标为失效。已经下的订单不受影响。'
            : '上架后顾客立刻可以看到并购买。',
          verb: off ? '下架' : '上架',
          danger: off,
        });
  if (!sure) return false;
  return each(rows, (id) => setProductStatus(id, status), off ? '已下架' : '已上架');
}

export async function binSome(rows: readonly AdminProductRow[]): Promise<boolean> {
  const sure = await confirmAction({
    title: `把${named(rows)}移到回收站`,
    message: '顾客将看不到这些商品。订单和评价会保留，之后可以从回收站恢复。',
    verb: '移到回收站',
    danger: true,
  });
  if (!sure) return false;
  return each(rows, binProduct, '已移到回收站');
}

export async function restore(row: AdminProductRow): Promise<boolean> {
  return (await attempt(() => restoreProduct(row.id), '已恢复，商品处于下架状态')) !== undefined;
}
