// Photographs as large as the screen, one beside the other. Browsers load what draws them when it is first needed; mini
// programs have a viewer of their own.

export function viewPictures(urls: string[], at: number): void {
  if (!urls.length) return;
  // #ifdef H5
  void import('./overlay').then(({ openOverlay }) => openOverlay(urls, at));
  // #endif
  // #ifndef H5
  uni.previewImage({ urls, current: at });
  // #endif
}
