// The cart.
import type { Translation } from '../index';

export default {
  pick_first: 'Choose some first',
  pick_to_buy: 'Choose what you want to buy',
  adjust: 'A quantity has to change first',
  empty: 'Your cart is empty. Find something you like.',
  done: 'Done',
  manage: 'Manage',
  remove_one: 'Remove this product?',
  remove_these: 'Remove these products?',
  remove_all: 'Remove all',
  select_all: 'Select all',
  remove_chosen_ask: 'Remove the selected products?',
  remove_chosen: 'Remove selected',
  total: 'Total',
  without_freight: 'without delivery',
  gone: '{n} {n|item|items} not for sale now',
  check_out: 'Check out',
  select_named: 'Select {name}',
  remove_named: 'Remove {name}',
  select_shop: 'Select everything of {name}',
} satisfies Translation<'cart'>;
