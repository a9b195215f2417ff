// The member's own corner and signing in.
import { words } from '../words';

export default words('me', {
  phone_linked: '手机号已绑定',
  sign_out: '退出登录',
  sign_out_text: '购物车和订单会留在账号里，下次登录还在。',
  leave: '退出',
  member: '会员',
  sign_in_up: '登录 / 注册',
  no_phone: '还没有绑定手机号',
  sync: '登录后同步购物车与订单',
  stores_note: '自提与营业时间',
  my_store: '专属门店',
  link_phone: '绑定手机号',
  phone_wrong: '请输入 11 位手机号',
  code_sent: '验证码已发送',
  code_wrong: '请输入短信里的验证码',
  welcome: '登录后，购物车和订单都跟着您走。',
  code: '验证码',
  code_hint: '短信验证码',
  get_code: '获取验证码',
  wechat: '微信一键登录',
  join_note: '没有账号会自动注册，手机号只用来登录和联系订单。',
  state_orders: '{state} {n} 单',
  again_in: '{n} 秒后重发',
});
