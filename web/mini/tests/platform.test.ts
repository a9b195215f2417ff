import { describe, expect, it } from 'vitest';
import { alipay as alipayLogin } from '@/platform/login/alipay';
import { baidu as baiduLogin } from '@/platform/login/baidu';
import { alipay as alipayPay } from '@/platform/pay/alipay';
import { baidu as baiduPay } from '@/platform/pay/baidu';
import { h5 as h5Pay } from '@/platform/pay/h5';
import { h5 as h5Scan } from '@/platform/scan/h5';
import { Refusal } from '@/platform/vendor';

const native = { kind: 'native', code_url: 'weixin://1' } as const;
const refusal = (doing: Promise<unknown>): Promise<unknown> => doing.catch((reason: unknown) => reason);

describe('what a platform cannot do', () => {
  it('is refused in words, never pretended', async () => {
    for (const vendor of [alipayLogin, baiduLogin]) {
      expect(vendor.offered).toBe(false);
      expect(await refusal(vendor.code())).toMatchObject({
        code: 'login.not_here',
        message: expect.stringMatching(/手机号/),
      });
    }
    expect(baiduPay.scene('wechat') ?? baiduPay.scene('alipay')).toBeNull();
    expect(await refusal(baiduPay.carryOut(native))).toMatchObject({ code: 'pay.not_here' });
    expect(alipayPay.scene('wechat')).toBeNull();
    expect(alipayPay.scene('alipay')).toBe('mini_program');
    expect(alipayPay.scene('unionpay') ?? baiduPay.scene('unionpay')).toBeNull();
    expect(await refusal(alipayPay.carryOut(native))).toMatchObject({ code: 'pay.kind' });
    expect(await refusal(h5Pay.carryOut({ kind: 'mini_program' } as never))).toBeInstanceOf(Refusal);
    expect(h5Scan.offered()).toBe(false);
    expect(await refusal(h5Scan.read())).toMatchObject({ code: 'scan.not_here' });
  });
});
