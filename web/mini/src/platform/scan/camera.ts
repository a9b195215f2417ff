// The three vendors' scanners answer alike.
import type { Scanning } from './kind';

export const byCamera: Scanning = {
  offered: () => true,
  read: () =>
    new Promise((resolve) =>
      uni.scanCode({ success: (found) => resolve(found.result || null), fail: () => resolve(null) }),
    ),
};
