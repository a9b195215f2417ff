// A browser gets no notices from the mall: the message centre holds them.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { Notifying } from './kind';

export const h5: Notifying = {
  offered: false,
  ask: () => Promise.reject(new Refusal('notify.not_here', t('platform.notify_here'))),
};
