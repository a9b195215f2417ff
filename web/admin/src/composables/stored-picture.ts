// A picture that is already stored, as the picture field wants it: a list of one, or none.

import type { KeyedPicture } from '@api/types';

export function storedPicture(key: string | null | undefined, url: string | null | undefined): KeyedPicture[] {
  if (!key || !url) return [];
  return [{ key, picture: { url, medium_url: url, small_url: url, width: 0, height: 0, alt: '' } }];
}
