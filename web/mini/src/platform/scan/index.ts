// Reading a code with the camera.
import { alipay } from './alipay';
import { baidu } from './baidu';
import { h5 } from './h5';
import type { Scanning } from './kind';
import { weixin } from './weixin';

export type * from './kind';

export const scanning: Scanning =
  process.env.UNI_PLATFORM === 'mp-weixin'
    ? weixin
    : process.env.UNI_PLATFORM === 'mp-alipay'
      ? alipay
      : process.env.UNI_PLATFORM === 'mp-baidu'
        ? baidu
        : h5;
