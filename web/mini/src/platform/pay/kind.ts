// What paying means on every platform. The server decides what a payment is; here it is only carried out.
import type { Instruction, PayRequest } from '@/api/types';

export type PayOutcome = 'sheet-closed' | 'cancelled' | 'left-the-page' | 'shown-as-code';
export type PayChannel = PayRequest['channel'];
export type PayScene = PayRequest['scene'];

export interface Paying {
  /** The scene to ask the server for; null for a channel that does not work here. */
  scene(channel: PayChannel): PayScene | null;
  /** What the vendor says of the payer, for channels that want to know; a code works once. */
  authCode?(): Promise<string>;
  /** A QR code is drawn by the cashier page and only confirmed here. Refuses in words what cannot be done. */
  carryOut(instruction: Instruction): Promise<PayOutcome>;
}
