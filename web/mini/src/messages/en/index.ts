// Every area in English; a missing or surplus sentence is a type error. In browsers this is a file of
// its own, loaded only by who chose English.
import type { Translated } from '../index';
import after from './after';
import booking from './booking';
import cart from './cart';
import checkout from './checkout';
import club from './club';
import common from './common';
import fitting from './fitting';
import home from './home';
import invoice from './invoice';
import me from './me';
import member from './member';
import my from './my';
import offer from './offer';
import order from './order';
import platform from './platform';
import product from './product';
import { fields, refusal } from './refusal';
import receipt from './receipt';
import region from './region';
import review from './review';
import share from './share';
import status from './status';

const areas = {
  after,
  booking,
  cart,
  checkout,
  club,
  common,
  fitting,
  home,
  invoice,
  me,
  member,
  my,
  offer,
  order,
  platform,
  product,
  receipt,
  region,
  review,
  share,
  status,
} satisfies Translated;

/** With the server's refusals, which have no Chinese file: the server says them itself. */
const english: Translated & Readonly<Record<'refusal' | 'field', Readonly<Record<string, string>>>> = {
  ...areas,
  refusal,
  field: fields,
};
export default english;
