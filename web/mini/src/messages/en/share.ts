// Passing a product on: the sheet and the poster.
import type { Translation } from '../index';

export default {
  title: 'Share',
  friend: 'Send to a friend',
  copy_link: 'Copy link',
  link_copied: 'Link copied',
  poster: 'Make a poster',
  drawing: 'Drawing the poster',
  failed: 'The poster could not be drawn',
  again: 'Try again',
  save: 'Save picture',
  saved: 'Saved',
  hold: 'Or press and hold the picture',
  scan: 'Scan to have a look',
} satisfies Translation<'share'>;
