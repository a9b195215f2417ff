// The last words of a page that is being closed. Only browsers need them: mini programs go on for a while in the back.

/** True when the browser took it over. */
export function leaveWithBeacon(url: string, json: string): boolean {
  // #ifdef H5
  return navigator.sendBeacon?.(url, new Blob([json], { type: 'application/json' })) ?? false;
  // #endif
  // #ifndef H5
  return Boolean(url && !json);
  // #endif
}
