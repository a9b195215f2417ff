// The three vendors' location and map answer alike.
import type { Locating } from './kind';

export const byVendorMap: Locating = {
  whereAmI: () =>
    new Promise((resolve) =>
      uni.getLocation({
        type: 'gcj02',
        success: (found) => resolve({ lat: Number(found.latitude), lng: Number(found.longitude) }),
        fail: () => resolve(null),
      }),
    ),
  choosePlace: (from) =>
    new Promise((resolve) =>
      uni.chooseLocation({
        ...(from ? { latitude: from.lat, longitude: from.lng } : {}),
        success: (found) => resolve({ lat: Number(found.latitude), lng: Number(found.longitude) }),
        fail: () => resolve(null),
      }),
    ),
  showTheWay(spot, name, address) {
    uni.openLocation({ latitude: spot.lat, longitude: spot.lng, name, address });
  },
};
