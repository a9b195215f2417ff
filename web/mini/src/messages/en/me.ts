// The member's own corner and signing in.
import type { Translation } from '../index';

export default {
  phone_linked: 'Phone linked',
  sign_out: 'Sign out',
  sign_out_text: 'Cart and orders stay in your account.',
  leave: 'Sign out',
  member: 'Member',
  sign_in_up: 'Sign in / join',
  no_phone: 'No phone linked yet',
  sync: 'Sign in to keep cart and orders',
  stores_note: 'Pickup and opening hours',
  my_store: 'Your store',
  link_phone: 'Link a phone',
  phone_wrong: 'Enter an 11-digit mobile number',
  code_sent: 'Code sent',
  code_wrong: 'Enter the code from the message',
  welcome: 'Your cart and orders follow your account.',
  code: 'Code',
  code_hint: 'Code by SMS',
  get_code: 'Get a code',
  wechat: 'Sign in with WeChat',
  join_note: 'A new number joins by itself. It is used for sign-in and orders only.',
  state_orders: '{state}, {n} {n|order|orders}',
  again_in: 'Again in {n} s',
} satisfies Translation<'me'>;
