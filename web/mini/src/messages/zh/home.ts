// The shop window.
import { words } from '../words';

export default words('home', {
  setting_up: '店里还在布置，过会儿再来',
});
