// Carrying out a payment instruction of the server where the app runs.
import { alipay } from './alipay';
import { baidu } from './baidu';
import { h5 } from './h5';
import type { Paying } from './kind';
import { weixin } from './weixin';

export type * from './kind';

export const paying: Paying =
  process.env.UNI_PLATFORM === 'mp-weixin'
    ? weixin
    : process.env.UNI_PLATFORM === 'mp-alipay'
      ? alipay
      : process.env.UNI_PLATFORM === 'mp-baidu'
        ? baidu
        : h5;
