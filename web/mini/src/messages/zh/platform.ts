// What cannot be done where the app runs, and why; and the words around what can.
import { words } from '../words';

export default words('platform', {
  sign_in_here: '这个小程序里还不能一键登录，请用手机号登录。',
  sign_in_failed: '没有拿到登录凭证，请再试一次，或用手机号登录。',
  pay_here: '这个小程序里还不能付款。订单为您留着，请在微信小程序或手机浏览器里打开付款。',
  alipay_denied: '没有拿到支付宝的授权，再点一次就好。',
  receive_in_wechat: '请在微信小程序里打开这一页，再确认收款。',
  pay_kind: '这种付款方式在这里用不了，换一种试试。',
  scan_here: '这个浏览器不能扫码，请手动输入，或在小程序里打开。',
  notify_here: '这里收不到订阅消息，进展请在“消息”里查看。',
  save_failed: '没有存成，请允许保存到相册后再试。',
  link_copied: '链接已复制',
  share_by_menu: '点右上角就能分享',
  address_copied: '地址已复制，可粘贴到地图里',
});
