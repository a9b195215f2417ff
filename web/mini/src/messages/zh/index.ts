// Every area in Chinese, the language that the others are checked against. Browsers load an area with
// the pages that speak it (vite/message-areas.ts); mini programs and tests load all of them from here.
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
import receipt from './receipt';
import region from './region';
import review from './review';
import share from './share';
import status from './status';

const zh = {
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
};
export default zh;
export type Chinese = typeof zh;
