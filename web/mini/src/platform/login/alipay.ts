// Alipay would give an auth code, but the server has no exchange for it yet: members sign in by phone.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { VendorLogin } from './kind';

export const alipay: VendorLogin = {
  offered: false,
  phone_button: false,
  code: () => Promise.reject(new Refusal('login.not_here', t('platform.sign_in_here'))),
};
