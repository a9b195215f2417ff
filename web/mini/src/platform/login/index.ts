// Signing in with the account of the place the app runs in.
import { alipay } from './alipay';
import { baidu } from './baidu';
import { h5 } from './h5';
import type { VendorLogin } from './kind';
import { weixin } from './weixin';

export type * from './kind';

export const login: VendorLogin =
  process.env.UNI_PLATFORM === 'mp-weixin'
    ? weixin
    : process.env.UNI_PLATFORM === 'mp-alipay'
      ? alipay
      : process.env.UNI_PLATFORM === 'mp-baidu'
        ? baidu
        : h5;
