// Statuses in the reader's language, with their tone. A status that this version does not know is shown
// as the shared list has it, so that a newer server does not break an older page.
import { tOrNothing } from '@/messages';
import {
  afterSaleKind,
  afterSaleStatus,
  memberAction,
  orderStatus,
  parcelState,
  paymentChannel,
  refundStatus,
  type StatusWord,
} from '@shared/status';

const said = (word: StatusWord, label: string): StatusWord => (label ? { ...word, label } : word);

export const orderWord = (status: string): StatusWord =>
  said(orderStatus(status), tOrNothing(`status.order_${status}`));
export const refundWord = (status: string): StatusWord =>
  said(refundStatus(status), tOrNothing(`status.refund_${status}`));
export const afterWord = (status: string): StatusWord =>
  said(afterSaleStatus(status), tOrNothing(`status.after_${status}`));
export const afterKind = (kind: string): string => tOrNothing(`status.after_kind_${kind}`) || afterSaleKind(kind);
export const parcelWord = (state: string): StatusWord => said(parcelState(state), tOrNothing(`status.parcel_${state}`));
export const actionWord = (action: string): string => tOrNothing(`status.act_${action}`) || memberAction(action);
export const channelWord = (channel: string): string =>
  tOrNothing(`status.channel_${channel}`) || paymentChannel(channel);
