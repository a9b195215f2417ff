// A browser's own share sheet on phones, a copied address elsewhere; pictures are downloaded.
import { t } from '@/messages';
import { pageAddress } from '../environment';
import type { Sharing } from './kind';

export const h5: Sharing = {
  async page(title, path) {
    const url = pageAddress(path);
    if (navigator.share && window.matchMedia('(pointer: coarse)').matches) {
      // Closing the sheet is an answer too.
      await navigator.share({ title, url }).catch(() => undefined);
      return;
    }
    uni.setClipboardData({ data: url, showToast: false });
    uni.showToast({ title: t('platform.link_copied'), icon: 'none' });
  },
  saveImage(file, name) {
    const link = document.createElement('a');
    link.href = file;
    link.download = name;
    link.click();
    return Promise.resolve();
  },
};
