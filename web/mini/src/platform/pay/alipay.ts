// Alipay's own payment sheet, for a trade that the server made for this payer.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { Paying } from './kind';

/** The two calls of Alipay's global object that paying needs. */
interface AlipayGlobal {
  getAuthCode(options: { scopes: string; success(answer: { authCode: string }): void; fail(): void }): void;
  tradePay(options: { tradeNO: string; success(answer: { resultCode: string }): void; fail(): void }): void;
}
declare const my: AlipayGlobal;

export const alipay: Paying = {
  scene: (channel) => (channel === 'alipay' ? 'mini_program' : null),
  authCode: () =>
    new Promise((resolve, reject) =>
      my.getAuthCode({
        scopes: 'auth_base',
        success: ({ authCode }) => resolve(authCode),
        fail: () => reject(new Refusal('pay.no_code', t('platform.alipay_denied'))),
      }),
    ),
  carryOut(instruction) {
    if (instruction.kind !== 'trade') return Promise.reject(new Refusal('pay.kind', t('platform.pay_kind')));
    return new Promise((resolve) =>
      my.tradePay({
        tradeNO: instruction.trade_no,
        // 9000 paid, 8000 under way, 6001 the payer turned back; only the server's answer counts as paid.
        success: ({ resultCode }) => resolve(resultCode === '6001' ? 'cancelled' : 'sheet-closed'),
        fail: () => resolve('cancelled'),
      }),
    );
  },
};
