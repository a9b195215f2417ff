// The buttons an order offers: what its state allows, cut down to what the staff member may do.

const NEEDED: Readonly<Record<string, string>> = {
  ship: 'order.ship',
  mark_ready: 'order.ship',
  refund: 'order.refund',
  close: 'order.close',
  pay_offline: 'order.pay_offline',
  remark: 'order.remark',
  change_price: 'order.change_price',
};

/** From left to right: the quiet ones first, the next step of the order last. */
const ORDER = ['remark', 'refund', 'close', 'pay_offline', 'change_price', 'mark_ready', 'ship'] as const;

export interface ActionButton {
  action: string;
  kind: 'primary' | 'danger' | 'default';
}

export function buttonsOf(allowed: readonly string[], can: (permission: string) => boolean): ActionButton[] {
  return ORDER.filter((action) => allowed.includes(action) && can(NEEDED[action]!)).map((action) => ({
    action,
    kind:
      action === 'ship' || action === 'mark_ready'
        ? 'primary'
        : action === 'refund' || action === 'close'
          ? 'danger'
          : 'default',
  }));
}
