// What staff may do with an after-sale that needs only a few words, and what will happen then, in numbers.

import type { AdminAfterSaleView } from '@api/types';
import { formatFen } from '@shared/money';
import type { WordsPlan } from '@/components/words-plan';

/** The question before a decision; nothing for one that needs more than words. */
export function describe(action: string, after: AdminAfterSaleView): WordsPlan | null {
  const who = after.member.nickname;
  const base = { presets: [], required: true, danger: false };
  switch (action) {
    case 'decline':
      return {
        ...base,
        title: '拒绝申请',
        consequence:
          after.status === 'escalated'
            ? `这是平台的最终处理：${who} 会看到理由，不能再次申诉。申请的商品重新可用。`
            : `${who} 会看到理由，期限内可以申请平台处理。申请的 ${after.quantity} 件商品重新可用。`,
        placeholder: '理由（会员看得到）',
        presets: ['凭证不足，请补充图片后再申请', '商品已影响二次销售', '已超过可退时间', '和您沟通一致，不再退款'],
        danger: true,
        verb: '拒绝申请',
        done: '已拒绝',
      };
    case 'escalate':
      return {
        ...base,
        title: '交平台处理',
        consequence: '交出后由有裁决权限的人处理，本店不能再操作。会员会收到通知。',
        placeholder: '为什么交平台处理',
        verb: '交平台处理',
        done: '已交平台处理',
      };
    case 'refund_instead':
      return {
        ...base,
        title: '换货改为退款',
        consequence: `收到的商品按实付退给 ${who}，原路退回；为换货留的库存放回。不能撤回。`,
        placeholder: '说明（会员看得到，可不填）',
        presets: ['要换的规格没有货了'],
        required: false,
        danger: true,
        verb: '退款',
        done: '已发起退款',
      };
    case 'note':
      return {
        ...base,
        title: '备注',
        consequence: '',
        placeholder: '只有员工看得到',
        required: false,
        verb: '保存',
        done: '已保存',
      };
    default:
      return null;
  }
}

/** What approving does. */
export function approval(after: AdminAfterSaleView): string {
  const who = after.member.nickname;
  if (after.kind === 'refund_only') {
    const stock = after.stage === 'unsent' ? `${after.quantity} 件商品回到库存，不再发出。` : '';
    return `将把 ${formatFen(after.refund_fen)} 原路退给 ${who}，不能撤回。${stock}`;
  }
  if (after.kind === 'exchange')
    return `${who} 会收到退货地址。要换的 ${after.quantity} 件商品现在就从库存留出来，收到退货后再发。`;
  return `${who} 会收到退货地址。收到商品并验货后，再退最多 ${formatFen(after.refund_fen)}。`;
}
