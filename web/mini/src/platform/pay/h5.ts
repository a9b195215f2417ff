// In a browser: a jump to the channel's page, or a QR code for WeChat on desktops and inside WeChat's browser.
import { t } from '@/messages';
import { isHandheld, isInsideWechatBrowser } from '../environment';
import { Refusal } from '../vendor';
import type { Paying } from './kind';

export const h5: Paying = {
  scene(channel) {
    // WeChat's browser opens no other channel's page.
    if (isInsideWechatBrowser()) return channel === 'wechat' ? 'native' : null;
    if (isHandheld()) return 'h5';
    return channel === 'wechat' ? 'native' : 'page';
  },
  carryOut(instruction) {
    if (instruction.kind === 'native') return Promise.resolve('shown-as-code');
    if (instruction.kind !== 'h5') return Promise.reject(new Refusal('pay.kind', t('platform.pay_kind')));
    location.assign(instruction.h5_url);
    return Promise.resolve('left-the-page');
  },
};
