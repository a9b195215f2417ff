// One review as others read it.
import type { Translation } from '../index';

export default {
  shop_reply: 'The shop replied',
  picture: "Buyer's picture",
  see_picture: 'See picture {n}',
} satisfies Translation<'review'>;
