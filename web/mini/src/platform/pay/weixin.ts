// WeChat's own payment sheet.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { Paying } from './kind';

export const weixin: Paying = {
  scene: (channel) => (channel === 'wechat' ? 'mini_program' : null),
  carryOut(instruction) {
    if (instruction.kind === 'native') return Promise.resolve('shown-as-code');
    if (instruction.kind !== 'mini_program') return Promise.reject(new Refusal('pay.kind', t('platform.pay_kind')));
    return new Promise((resolve) =>
      uni.requestPayment({
        provider: 'wxpay',
        orderInfo: '',
        timeStamp: instruction.time_stamp,
        nonceStr: instruction.nonce_str,
        package: instruction.package,
        signType: instruction.sign_type,
        paySign: instruction.pay_sign,
        success: () => resolve('sheet-closed'),
        fail: () => resolve('cancelled'),
      } as UniApp.RequestPaymentOptions),
    );
  },
};
