// Mini programs keep pictures in the phone's album, and share pages from their own menu.
import { t } from '@/messages';
import { Refusal } from '../vendor';
import type { Sharing } from './kind';

export const byMenuAndAlbum: Sharing = {
  page: async () => {
    await uni.showToast({ title: t('platform.share_by_menu'), icon: 'none' });
  },
  saveImage: (file) =>
    new Promise((resolve, reject) =>
      uni.saveImageToPhotosAlbum({
        filePath: file,
        success: () => resolve(),
        fail: () => reject(new Refusal('share.album', t('platform.save_failed'))),
      }),
    ),
};
