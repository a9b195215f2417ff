// Every area in English; a missing or surplus sentence is a type error. In browsers this is a file of
// its own, loaded only by who chose English.
import type { Translated } from '../index';
import common from './common';
import home from './home';
import platform from './platform';

export default { common, home, platform } satisfies Translated;
