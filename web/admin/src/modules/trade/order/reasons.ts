// What refunding, closing, booking an offline payment and remarking will do, in numbers, before it is done.

import type { AdminOrderDetail } from '@api/types';
import { formatFen } from '@shared/money';
import type { WordsPlan } from '@/components/words-plan';
import { closeOrder, payOffline, refundOrder, remarkOrder } from '@/api/trade';

export interface Plan extends WordsPlan {
  run: (text: string, key: string) => Promise<AdminOrderDetail>;
}

export function describe(action: string, order: AdminOrderDetail): Plan | null {
  const pieces = order.lines.reduce((sum, line) => sum + line.quantity, 0);
  if (action === 'refund') {
    const sent = order.lines.some((line) => line.shipped_quantity > 0);
    return {
      title: '全额退款',
      verb: `退款 ${formatFen(order.total_fen)}`,
      done: '退款已提交',
      consequence:
        `将把 ${formatFen(order.total_fen)} 按原支付渠道退给 ${order.member.nickname}，订单随之关闭，不能撤回。` +
        (sent ? '这笔订单已有商品发出，请先确认货物如何处理。' : `${pieces} 件商品会退回可售库存。`),
      placeholder: '退款原因（会员看得到）',
      presets: ['会员不想要了', '缺货', '与会员协商一致', '商品有问题'],
      required: true,
      danger: true,
      run: (reason, key) => refundOrder(order.id, reason, key),
    };
  }
  if (action === 'close') {
    return {
      title: '关闭订单',
      verb: '关闭订单',
      done: '订单已关闭',
      consequence: `会员将不能再付款，占用的 ${pieces} 件库存会释放。如果会员此刻正好付款成功，订单会照常成立。`,
      placeholder: '关闭原因（会员看得到）',
      presets: ['会员要求取消', '无法送达', '信息有误'],
      required: true,
      danger: true,
      run: (reason) => closeOrder(order.id, reason),
    };
  }
  if (action === 'pay_offline') {
    return {
      title: '登记线下收款',
      verb: `确认已收 ${formatFen(order.total_fen)}`,
      done: '已登记收款',
      consequence: `请在确实收到 ${formatFen(order.total_fen)} 之后登记。订单会变为已付款，记在你的名下。`,
      placeholder: '收款方式或凭证号（选填）',
      presets: ['现金', '银行转账', '对公汇款'],
      required: false,
      danger: false,
      run: (note, key) => payOffline(order.id, note || null, key),
    };
  }
  if (action === 'remark') {
    return {
      title: '员工备注',
      verb: '保存备注',
      done: '备注已保存',
      consequence: '',
      placeholder: '只有员工看得到',
      presets: [],
      required: false,
      danger: false,
      run: (text) => remarkOrder(order.id, text),
    };
  }
  return null;
}
