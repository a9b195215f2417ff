// Where the person is, and the way to a store.
import { alipay } from './alipay';
import { baidu } from './baidu';
import { h5 } from './h5';
import type { Locating } from './kind';
import { weixin } from './weixin';

export type * from './kind';

export const locating: Locating =
  process.env.UNI_PLATFORM === 'mp-weixin'
    ? weixin
    : process.env.UNI_PLATFORM === 'mp-alipay'
      ? alipay
      : process.env.UNI_PLATFORM === 'mp-baidu'
        ? baidu
        : h5;
