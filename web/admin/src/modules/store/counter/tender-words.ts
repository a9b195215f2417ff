// How ways of paying are called.

import type { TenderKind } from '@api/types';

const KINDS: Record<TenderKind, string> = { cash: '现金', code: '付款码', balance: '余额', other: '其他' };

/** `其他` is called what the clerk wrote. */
export const tenderLabel = (kind: TenderKind, note?: string | null) => (kind === 'other' && note ? note : KINDS[kind]);
