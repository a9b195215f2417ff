// What becomes of goods put aside, in words.

import type { FittingRow } from '@api/types';
import type { StatusWord } from '@shared/status';

const STATES: Record<FittingRow['state'], StatusWord> = {
  held: { label: '待备货', tone: 'action' },
  ready: { label: '已备好', tone: 'waiting' },
  bought: { label: '已买走', tone: 'done' },
  returned: { label: '没买，已放回', tone: 'muted' },
  cancelled: { label: '顾客不来了', tone: 'muted' },
  refused: { label: '没能留住', tone: 'muted' },
  expired: { label: '过期没来', tone: 'muted' },
};
export const fittingState = (state: FittingRow['state']): StatusWord => STATES[state];
