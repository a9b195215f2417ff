// A transfer while it is written: two places, and lines that keep what lies at the sender beside what is asked for.

import { computed, reactive } from 'vue';
import type { NewTransferSheet, Picture, StockRow, TransferSheetDetail } from '@api/types';

export interface DraftLine {
  sku_id: string;
  product_name: string;
  option_text: string;
  code: string;
  picture?: Picture | null;
  available: number;
  quantity: number | null;
}

export interface Draft {
  from: string;
  to: string;
  note: string;
  lines: DraftLine[];
}

export const emptyDraft = (): Draft => ({ from: '', to: '', note: '', lines: [] });

export function draftOf(detail: TransferSheetDetail): Draft {
  const { transfer, lines } = detail;
  return {
    from: transfer.from_location_id,
    to: transfer.to_location_id,
    note: transfer.note ?? '',
    lines: lines.map((line) => ({ ...line, available: line.sender_available, quantity: line.quantity })),
  };
}

export function useDraft(start: Draft) {
  const draft = reactive<Draft>(start);
  const pieces = computed(() => draft.lines.reduce((sum, line) => sum + (line.quantity ?? 0), 0));
  const problem = computed(() => {
    if (!draft.from || !draft.to) return '请选从哪里到哪里';
    if (draft.from === draft.to) return '调出和调入要是两个不同的地方';
    if (draft.lines.length === 0) return '请至少加一行';
    return draft.lines.some((line) => !line.quantity) ? '每一行都要填件数' : '';
  });
  const short = computed(() => draft.lines.filter((line) => (line.quantity ?? 0) > line.available).length);

  function add(row: StockRow): void {
    if (draft.lines.some((line) => line.sku_id === row.sku_id)) return;
    const { sku_id, product_name, option_text, code, picture, available } = row;
    draft.lines.push({ sku_id, product_name, option_text, code, picture, available, quantity: null });
  }

  function remove(sku_id: string): void {
    draft.lines = draft.lines.filter((line) => line.sku_id !== sku_id);
  }

  const body = (): NewTransferSheet => ({
    from_location_id: draft.from,
    to_location_id: draft.to,
    note: draft.note.trim() || null,
    lines: draft.lines.map((line) => ({ sku_id: line.sku_id, quantity: line.quantity ?? 0 })),
  });

  return { draft, pieces, problem, short, add, remove, body };
}
