// The server has no Baidu cashier yet, and WeChat's cannot be used inside Baidu: the refusal says so.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { Paying } from './kind';

export const baidu: Paying = {
  scene: () => null,
  carryOut: () => Promise.reject(new Refusal('pay.not_here', t('platform.pay_here'))),
};
