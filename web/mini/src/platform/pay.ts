// Carries out a payment instruction: the mini program's own sheet, or a jump to the channel's page.
// A native instruction is a QR code and is drawn by the cashier page, not here.
import type { Instruction, PayRequest } from '@/api/types';
import { isHandheld, isInsideWechatBrowser, place } from './environment';

export type PayOutcome = 'sheet-closed' | 'cancelled' | 'left-the-page' | 'shown-as-code';

/** Which scene fits here: the sheet in WeChat, a jump on phones, a QR code on a desktop. */
export function payScene(): PayRequest['scene'] {
  if (place === 'wechat') return 'mini_program';
  return isHandheld() && !isInsideWechatBrowser() ? 'h5' : 'native';
}

export function carryOut(instruction: Instruction): Promise<PayOutcome> {
  if (instruction.kind === 'native') return Promise.resolve('shown-as-code');
  // #ifdef H5
  if (instruction.kind === 'h5') {
    location.assign(instruction.h5_url);
    return Promise.resolve('left-the-page');
  }
  // #endif
  // #ifdef MP-WEIXIN
  if (instruction.kind === 'mini_program') {
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
  }
  // #endif
  return Promise.reject(new Error('this payment cannot be carried out here'));
}
