// An invoice's state in the reader's language, with its tone.
import type { InvoiceView } from '@/api/types';
import { tOrNothing } from '@/messages';
import { formatFen } from '@shared/money';
import { invoiceState, type StatusWord } from '@shared/status';

export function stateWord(state: string): StatusWord {
  const word = invoiceState(state);
  // A refusal of the issuer is the shop's to mend: no alarm for the member.
  const tone = state === 'failed' ? 'waiting' : word.tone;
  return { tone, label: tOrNothing(`invoice.state_${state}`) || word.label };
}

export const signedFen = (invoice: Pick<InvoiceView, 'kind' | 'amount_fen'>): string =>
  formatFen(invoice.kind === 'red' ? -invoice.amount_fen : invoice.amount_fen);
