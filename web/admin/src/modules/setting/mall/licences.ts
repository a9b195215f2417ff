// The mall's licences between the form, where a picture is shown, and the settings, where only its key is kept.

import type { KeyedPicture, MallLicence } from '@api/types';
import { storedPicture } from '@/composables/stored-picture';

export interface LicenceRow {
  name: string;
  number: string;
  pictures: KeyedPicture[];
}

/** `shown` are the same licences with the addresses of their pictures, in the same order. */
export function toRows(
  kept: readonly MallLicence[],
  shown: readonly { picture?: { small_url: string } | null }[],
): LicenceRow[] {
  return kept.map((one, index) => ({
    name: one.name,
    number: one.number ?? '',
    pictures: storedPicture(one.picture_key, shown[index]?.picture?.small_url),
  }));
}

/** Rows without a name, number and picture are left out. */
export function toLicences(rows: readonly LicenceRow[]): MallLicence[] {
  return rows
    .map((row) => ({ name: row.name.trim(), number: row.number.trim(), picture_key: row.pictures[0]?.key ?? null }))
    .filter((row) => row.name || row.number || row.picture_key);
}
