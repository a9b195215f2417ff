// The shop window.
import { words } from '../words';

export default words('home', {
  page_setting_up: '这一页还在布置，过会儿再来',
  all_stores: '全部门店',
  setting_up: '店里还在布置，过会儿再来',
  by_history: '按你看过的挑的',
  by_sales: '大家都在买',
});
