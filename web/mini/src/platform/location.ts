// Where the person is, in GCJ-02, if they agree; null when they do not or nobody knows.

export interface Spot {
  lat: number;
  lng: number;
}

export function whereAmI(): Promise<Spot | null> {
  // #ifdef H5
  // Browsers give WGS-84; in Hangzhou that is off by some hundred metres, enough to sort stores by distance.
  if (!navigator.geolocation) return Promise.resolve(null);
  return new Promise((resolve) =>
    navigator.geolocation.getCurrentPosition(
      (found) => resolve({ lat: found.coords.latitude, lng: found.coords.longitude }),
      () => resolve(null),
      { timeout: 6000, maximumAge: 300_000 },
    ),
  );
  // #endif
  // #ifndef H5
  return new Promise((resolve) =>
    uni.getLocation({
      type: 'gcj02',
      success: (found) => resolve({ lat: found.latitude, lng: found.longitude }),
      fail: () => resolve(null),
    }),
  );
  // #endif
}

/** Shows the way: the vendor's map in a mini program, the system's map handler in a browser. */
export function showTheWay(spot: Spot, name: string, address: string): void {
  // #ifdef H5
  if (/iPhone|iPad|Macintosh/.test(navigator.userAgent))
    location.assign(`maps://?q=${encodeURIComponent(name)}&ll=${spot.lat},${spot.lng}`);
  else if (/Android/.test(navigator.userAgent))
    location.assign(`geo:${spot.lat},${spot.lng}?q=${encodeURIComponent(address)}`);
  else copyAddress(address);
  // #endif
  // #ifndef H5
  uni.openLocation({ latitude: spot.lat, longitude: spot.lng, name, address });
  // #endif
}

function copyAddress(address: string): void {
  uni.setClipboardData({ data: address, showToast: false });
  uni.showToast({ title: '地址已复制，可粘贴到地图里', icon: 'none' });
}
