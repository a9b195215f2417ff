// What paying means on every platform. The server decides what a payment is; here it is only carried out.
import type { Instruction, PayRequest } from '@/api/types';

export type PayOutcome = 'sheet-closed' | 'cancelled' | 'left-the-page' | 'shown-as-code';

export interface Paying {
  /** The scene to ask the server for; null where the server has no channel that works here. */
  scene(): PayRequest['scene'] | null;
  /** A QR code is drawn by the cashier page and only confirmed here. Refuses in words what cannot be done. */
  carryOut(instruction: Instruction): Promise<PayOutcome>;
}
