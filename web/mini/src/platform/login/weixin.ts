// WeChat gives a one-time code, which the server exchanges for the openid.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { VendorLogin } from './kind';

export const weixin: VendorLogin = {
  offered: true,
  phone_button: true,
  code: () =>
    new Promise((resolve, reject) =>
      uni.login({
        success: (result) =>
          result.code ? resolve(result.code) : reject(new Refusal('login.no_code', t('platform.sign_in_failed'))),
        fail: () => reject(new Refusal('login.no_code', t('platform.sign_in_failed'))),
      }),
    ),
};
