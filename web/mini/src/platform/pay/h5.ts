// In a browser: a jump to the channel's page on phones, a QR code on desktops and inside WeChat's browser.
import { t } from '@/messages';
import { isHandheld, isInsideWechatBrowser } from '../environment';
import { Refusal } from '../vendor';
import type { Paying } from './kind';

export const h5: Paying = {
  scene: () => (isHandheld() && !isInsideWechatBrowser() ? 'h5' : 'native'),
  carryOut(instruction) {
    if (instruction.kind === 'native') return Promise.resolve('shown-as-code');
    if (instruction.kind !== 'h5') return Promise.reject(new Refusal('pay.kind', t('platform.pay_kind')));
    location.assign(instruction.h5_url);
    return Promise.resolve('left-the-page');
  },
};
