// One change to many products: asked for in numbers first, then started as a task that the shell watches.

import type { BatchChange, ProductChange, Selection } from '@api/types';
import { formatCount } from '@shared/words';
import { changeProducts, previewProductChange } from '@/api/goods';
import { useWatchedTasks } from '@/app/watched-tasks';
import { confirmAction } from '@/composables/confirm-action';
import { attempt } from '@/composables/use-submit';
import { readTask } from '@/api/task';

interface Words {
  title: string;
  verb: string;
  effect: string;
  danger: boolean;
}

const WORDS: Readonly<Record<'on_sale' | 'off_sale' | 'bin' | 'restore', Words>> = {
  on_sale: { title: '批量上架', verb: '上架', effect: '顾客立刻可以看到并购买。没有图片的商品会跳过。', danger: false },
  off_sale: {
    title: '批量下架',
    verb: '下架',
    effect: '顾客看不到也买不了，已放进购物车的会标为失效。已经下的订单不受影响。',
    danger: true,
  },
  bin: {
    title: '移到回收站',
    verb: '移到回收站',
    effect: '顾客将看不到这些商品。订单、评价和库存记录会保留，之后可以从回收站恢复。',
    danger: true,
  },
  restore: { title: '恢复商品', verb: '恢复', effect: '商品会回到列表，处于下架状态。', danger: false },
};

/** Starts a change; small ones are waited for, so that the list can show the result. Answers whether it was started. */
export async function startChange(body: BatchChange): Promise<boolean> {
  const started = await attempt(() => changeProducts(body));
  if (!started) return false;
  const id = started.answer.task_id;
  for (let look = 0; look < 8; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const read = await attempt(() => readTask(id));
    if (!read) break;
    const { state, failed_count, ok_count } = read.answer;
    if (state === 'done') {
      if (failed_count > 0) ElMessage.warning(`${ok_count} 件完成，${failed_count} 件没有改成，详情在任务里`);
      else ElMessage.success(`${formatCount(ok_count)} 件已完成`);
      return true;
    }
    if (state === 'failed') {
      ElMessage.error(read.answer.error ?? '没有完成');
      return true;
    }
  }
  useWatchedTasks().add(id);
  ElMessage.info('已在后台进行，结束时会提醒你');
  return true;
}

export async function moveSelection(
  selection: Selection,
  to: 'on_sale' | 'off_sale' | 'bin' | 'restore',
): Promise<boolean> {
  const change: ProductChange = { do: to };
  const asked = await attempt(() => previewProductChange({ selection, change }));
  if (!asked) return false;
  const { products, changing } = asked.answer;
  const words = WORDS[to];
  if (changing === 0) {
    ElMessage.info(`选中的 ${formatCount(products)} 件商品都不需要${words.verb}`);
    return false;
  }
  const rest = products - changing;
  const sure = await confirmAction({
    title: `${words.title} ${formatCount(changing)} 件商品`,
    message: `将${words.verb} ${formatCount(changing)} 件${rest > 0 ? `，另外 ${formatCount(rest)} 件不需要改` : ''}。${words.effect}`,
    verb: words.verb,
    danger: words.danger,
  });
  return sure ? startChange({ selection, change }) : false;
}
