// A browser has no vendor account: members sign in by phone and code.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { VendorLogin } from './kind';

export const h5: VendorLogin = {
  offered: false,
  phone_button: false,
  code: () => Promise.reject(new Refusal('login.not_here', t('platform.sign_in_here'))),
};
