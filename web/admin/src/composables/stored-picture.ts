// Some answers give the address of a stored picture where the change wants its key. The key is the
// address below /files/.

import type { KeyedPicture } from '@api/types';

export function keyFromUrl(url: string | null | undefined): string | null {
  const match = /\/files\/([^?#]+)/.exec(url ?? '');
  return match ? decodeURIComponent(match[1]!) : null;
}

/** The picture as a list of one for the picture field, or none. */
export function keyedFromUrl(url: string | null | undefined): KeyedPicture[] {
  const key = keyFromUrl(url);
  if (!key || !url) return [];
  return [{ key, picture: { url, medium_url: url, small_url: url, width: 0, height: 0, alt: '' } }];
}
