// Passing a product on: the sheet and the poster.
import { words } from '../words';

export default words('share', {
  title: '分享',
  friend: '发给朋友',
  copy_link: '复制链接',
  link_copied: '链接已复制',
  poster: '生成海报',
  drawing: '正在画海报',
  failed: '海报没有画成',
  again: '再试一次',
  save: '保存图片',
  saved: '已保存',
  hold: '也可以长按图片保存或转发',
  scan: '长按或扫码查看',
});
