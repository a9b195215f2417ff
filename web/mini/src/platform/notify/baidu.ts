// Baidu's subscription messages need a form component and a server channel, and the server has none yet.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { Notifying } from './kind';

export const baidu: Notifying = {
  offered: false,
  ask: () => Promise.reject(new Refusal('notify.not_here', t('platform.notify_here'))),
};
