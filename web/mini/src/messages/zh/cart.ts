// The cart.
import { words } from '../words';

export default words('cart', {
  pick_first: '先选几件',
  pick_to_buy: '先选几件想买的',
  adjust: '有商品需要调整数量',
  empty: '购物车还空着，去挑一件合心意的',
  done: '完成',
  manage: '管理',
  remove_one: '移除这件商品',
  remove_these: '移除这些商品',
  remove_all: '全部移除',
  select_all: '全选',
  remove_chosen_ask: '移除选中的商品',
  remove_chosen: '移除选中',
  total: '合计',
  without_freight: '不含运费',
  gone: '暂时买不到的 {n} 件',
  check_out: '结算',
  select_named: '选中 {name}',
  remove_named: '移除 {name}',
  select_shop: '选中{name}的商品',
});
