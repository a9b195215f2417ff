// WeChat's own location and map.
import { byVendorMap } from './map';

export const weixin = byVendorMap;
