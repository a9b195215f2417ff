// Browsers give WGS-84; in Hangzhou that is off by some hundred metres, enough to sort stores by distance.
// The way is shown by the system's map handler.
import { t } from '@/messages';
import type { Locating } from './kind';

function copyAddress(address: string): void {
  uni.setClipboardData({ data: address, showToast: false });
  uni.showToast({ title: t('platform.address_copied'), icon: 'none' });
}

export const h5: Locating = {
  whereAmI() {
    if (!navigator.geolocation) return Promise.resolve(null);
    return new Promise((resolve) =>
      navigator.geolocation.getCurrentPosition(
        (found) => resolve({ lat: found.coords.latitude, lng: found.coords.longitude }),
        () => resolve(null),
        { timeout: 6000, maximumAge: 300_000 },
      ),
    );
  },
  showTheWay(spot, name, address) {
    if (/iPhone|iPad|Macintosh/.test(navigator.userAgent))
      location.assign(`maps://?q=${encodeURIComponent(name)}&ll=${spot.lat},${spot.lng}`);
    else if (/Android/.test(navigator.userAgent))
      location.assign(`geo:${spot.lat},${spot.lng}?q=${encodeURIComponent(address)}`);
    else copyAddress(address);
  },
};
