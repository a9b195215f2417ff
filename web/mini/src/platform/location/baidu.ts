// Baidu's own location and map.
import { byVendorMap } from './map';

export const baidu = byVendorMap;
