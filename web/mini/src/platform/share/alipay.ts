// Alipay opens its share panel when asked; the page's own `onShareAppMessage` names title and path.
import { byMenuAndAlbum } from './album';
import type { Sharing } from './kind';

declare const my: { showSharePanel?: () => void };

export const alipay: Sharing = {
  ...byMenuAndAlbum,
  page: async (title, path) => {
    if (my.showSharePanel) my.showSharePanel();
    else await byMenuAndAlbum.page(title, path);
  },
};
