// Passing a page on. Mini programs share through their menu (each page names its title and path);
// browsers use the system sheet where there is one, and copy the address otherwise.
import { pageAddress } from './environment';

export async function sharePage(title: string, path: string): Promise<void> {
  // #ifdef H5
  const url = pageAddress(path);
  if (navigator.share && window.matchMedia('(pointer: coarse)').matches) {
    await navigator.share({ title, url }).catch(() => undefined);
    return;
  }
  uni.setClipboardData({ data: url, showToast: false });
  uni.showToast({ title: '链接已复制', icon: 'none' });
  // #endif
  // #ifndef H5
  await uni.showToast({ title: `点右上角分享「${title}」`.slice(0, 20), icon: 'none' });
  // #endif
}
