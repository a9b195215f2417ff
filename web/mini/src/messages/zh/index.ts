// Every area in Chinese, the language that the others are checked against. Browsers load an area with
// the pages that speak it (vite/message-areas.ts); mini programs and tests load all of them from here.
import common from './common';
import home from './home';
import platform from './platform';

const zh = { common, home, platform };
export default zh;
export type Chinese = typeof zh;
