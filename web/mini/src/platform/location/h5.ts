// Browsers give WGS-84, which is turned into what our stores are kept in. The way is shown by a map app of the phone, which
// the person picks; what none of them opens ends in the clipboard.
import { toGcj02 } from '@shared/places';
import { t } from '@/messages';
import type { Locating, Spot } from './kind';

/** Long enough for another app to come to the front. */
const OPENING_MS = 2500;

function copyAddress(address: string, told: string): void {
  uni.setClipboardData({ data: address, showToast: false });
  uni.showToast({ title: told, icon: 'none', duration: 2600 });
}

/** The addresses of the map apps for a place in GCJ-02, by the documents of their makers. */
export function mapApps(spot: Spot, name: string, address: string, apple: boolean): { name: string; url: string }[] {
  const [said, where] = [encodeURIComponent(name), encodeURIComponent(address)];
  const { lat, lng } = spot;
  return [
    {
      name: t('platform.map_amap'),
      url: `${apple ? 'iosamap' : 'androidamap'}://viewMap?sourceApplication=hefang&poiname=${said}&lat=${lat}&lon=${lng}&dev=0`,
    },
    {
      name: t('platform.map_baidu'),
      url: `baidumap://map/marker?location=${lat},${lng}&title=${said}&content=${where}&coord_type=gcj02&src=hefang`,
    },
    {
      name: t('platform.map_tencent'),
      url: `qqmap://map/marker?marker=coord:${lat},${lng};title:${said};addr:${where}&referer=hefang`,
    },
    {
      name: t('platform.map_system'),
      url: apple ? `maps://?q=${said}&ll=${lat},${lng}` : `geo:${lat},${lng}?q=${lat},${lng}(${said})`,
    },
  ];
}

export const h5: Locating = {
  whereAmI() {
    if (!navigator.geolocation) return Promise.resolve(null);
    return new Promise((resolve) =>
      navigator.geolocation.getCurrentPosition(
        (found) => resolve(toGcj02({ lat: found.coords.latitude, lng: found.coords.longitude })),
        () => resolve(null),
        { timeout: 6000, maximumAge: 300_000 },
      ),
    );
  },
  showTheWay(spot, name, address) {
    const apple = /iPhone|iPad/.test(navigator.userAgent);
    if (!apple && !/Android|HarmonyOS/.test(navigator.userAgent))
      return copyAddress(`${name} ${address}`, t('platform.address_copied'));
    const apps = mapApps(spot, name, address, apple);
    uni.showActionSheet({
      itemList: [...apps.map((app) => app.name), t('platform.map_copy')],
      success: ({ tapIndex }) => {
        const app = apps[tapIndex];
        if (!app) return copyAddress(`${name} ${address}`, t('platform.address_copied'));
        location.assign(app.url);
        setTimeout(() => {
          if (document.visibilityState === 'visible') copyAddress(`${name} ${address}`, t('platform.map_not_opened'));
        }, OPENING_MS);
      },
      fail: () => undefined,
    });
  },
};
