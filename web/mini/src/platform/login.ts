// The vendor's own sign-in: in WeChat a one-time code that the server exchanges for the openid.
// Browsers have none and use a phone number with an SMS code.
import { place } from './environment';

export const hasVendorSignIn = place === 'wechat';

export function vendorCode(): Promise<string> {
  return new Promise((resolve, reject) =>
    uni.login({
      success: (result) => (result.code ? resolve(result.code) : reject(new Error('no code was given'))),
      fail: (reason) => reject(new Error(reason.errMsg)),
    }),
  );
}
