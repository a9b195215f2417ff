// Choosing province, city, district and street.
import { words } from '../words';

export default words('region', {
  title: '选择地区',
  province: '省份',
  city: '城市',
  district: '区县',
  street: '街道',
  skip: '暂不选街道',
});
