// Passing a page or a picture on.
import { alipay } from './alipay';
import { baidu } from './baidu';
import { h5 } from './h5';
import type { Sharing } from './kind';
import { weixin } from './weixin';

export type * from './kind';

export const sharing: Sharing =
  process.env.UNI_PLATFORM === 'mp-weixin'
    ? weixin
    : process.env.UNI_PLATFORM === 'mp-alipay'
      ? alipay
      : process.env.UNI_PLATFORM === 'mp-baidu'
        ? baidu
        : h5;
