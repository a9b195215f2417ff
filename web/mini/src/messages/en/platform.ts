// What cannot be done where the app runs, and why; and the words around what can.
import type { Translation } from '../index';

export default {
  sign_in_here: 'One-tap sign-in is not available in this mini program. Use your phone number.',
  sign_in_failed: 'The sign-in did not come through. Try again, or use your phone number.',
  pay_here: 'You cannot pay in this mini program yet. Your order is kept: open it in WeChat or in a phone browser.',
  alipay_denied: 'Alipay gave no permission. Press once more.',
  receive_in_wechat: 'Open this page in the WeChat mini program to take the money.',
  pay_kind: 'This way to pay does not work here. Try another one.',
  scan_here: 'This browser cannot scan codes. Type the code, or open the mini program.',
  notify_here: 'Notices cannot be sent to you here. See “Messages” for news.',
  save_failed: 'The picture was not saved. Allow access to your photos and try again.',
  link_copied: 'Link copied',
  share_by_menu: 'Share from the menu at the top right',
  address_copied: 'Address copied: paste it into a map',
} satisfies Translation<'platform'>;
