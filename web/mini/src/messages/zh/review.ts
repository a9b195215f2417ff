// One review as others read it.
import { words } from '../words';

export default words('review', {
  shop_reply: '店家回复',
  picture: '买家图片',
  see_picture: '查看图片 {n}',
});
