// In a browser: a jump to the channel's page, a form posted to it, or a QR code for WeChat on desktops and inside WeChat's
// browser.
import { t } from '@/messages';
import { isHandheld, isInsideWechatBrowser } from '../environment';
import { Refusal } from '../vendor';
import type { Instruction } from '@/api/types';
import type { Paying } from './kind';

/** Leaves for the channel's page as a form with these fields would. */
function post({ action, fields }: Extract<Instruction, { kind: 'form' }>): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = action;
  form.hidden = true;
  for (const { name, value } of fields) {
    const input = document.createElement('input');
    input.type = 'hidden';
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
  // A page that the browser keeps for the way back must not keep it twice.
  form.remove();
}

export const h5: Paying = {
  scene(channel) {
    // WeChat's browser opens no other channel's page.
    if (isInsideWechatBrowser()) return channel === 'wechat' ? 'native' : null;
    if (isHandheld()) return 'h5';
    return channel === 'wechat' ? 'native' : 'page';
  },
  carryOut(instruction) {
    if (instruction.kind === 'native') return Promise.resolve('shown-as-code');
    if (instruction.kind === 'form') {
      post(instruction);
      return Promise.resolve('left-the-page');
    }
    if (instruction.kind !== 'h5') return Promise.reject(new Refusal('pay.kind', t('platform.pay_kind')));
    location.assign(instruction.h5_url);
    return Promise.resolve('left-the-page');
  },
};
