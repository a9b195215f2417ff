// The shop window.
import type { Translation } from '../index';

export default {
  setting_up: 'The shop is being set up. Come back in a while.',
} satisfies Translation<'home'>;
