// The server has no Alipay channel yet, and WeChat's cannot be used inside Alipay: the refusal says so.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { Paying } from './kind';

export const alipay: Paying = {
  scene: () => null,
  carryOut: () => Promise.reject(new Refusal('pay.not_here', t('platform.pay_here'))),
};
