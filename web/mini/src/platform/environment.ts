// What kind of place the app runs in. Pages ask these questions instead of naming a vendor.

export type Place = 'browser' | 'wechat' | 'other-mini-program';

// Written into the code when the package is built, so that the other branches fall away.
const built_for = process.env.UNI_PLATFORM;

export const place: Place =
  built_for === 'mp-weixin' ? 'wechat' : built_for?.startsWith('mp-') ? 'other-mini-program' : 'browser';

/** A phone or tablet: payment jumps to an app there, and shows a QR code elsewhere. */
export function isHandheld(): boolean {
  // #ifdef H5
  return /Android|iPhone|iPad|iPod|Mobile|HarmonyOS/i.test(navigator.userAgent);
  // #endif
  // #ifndef H5
  return true;
  // #endif
}

/** A page opened inside WeChat's own browser, where neither H5 nor QR payment is allowed. */
export function isInsideWechatBrowser(): boolean {
  // #ifdef H5
  return /MicroMessenger/i.test(navigator.userAgent);
  // #endif
  // #ifndef H5
  return false;
  // #endif
}

/** The origin and path of a page of ours, for another site to return to; empty in mini programs. */
export function pageAddress(path: string): string {
  // #ifdef H5
  return `${location.origin}${location.pathname}#${path}`;
  // #endif
  // #ifndef H5
  return path && '';
  // #endif
}

/** The same page as a path on our own server, which is all a payment channel may be sent back to. */
export function returnPath(path: string): string {
  // #ifdef H5
  return `${location.pathname}#${path}`;
  // #endif
  // #ifndef H5
  return path;
  // #endif
}

/** Opens another site beside this page; mini programs cannot and copy the address. */
export function openAddress(url: string): void {
  // #ifdef H5
  window.open(url, '_blank', 'noopener');
  // #endif
  // #ifndef H5
  uni.setClipboardData({ data: url });
  // #endif
}
