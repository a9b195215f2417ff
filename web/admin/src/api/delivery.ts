// Deliveries by a store near by: the riders' list and its moves.
import type { HandOverAtDoor, RiderPhone } from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const listDeliveries = (query: Query) => call('GET', '/admin/v1/deliveries', { query });

export function moveDelivery(id: string, step: 'claim' | 'give-up' | 'fetch' | 'again' | 'bring-back') {
  const path = { id };
  switch (step) {
    case 'claim':
      return call('POST', '/admin/v1/deliveries/{id}/claim', { path });
    case 'give-up':
      return call('POST', '/admin/v1/deliveries/{id}/give-up', { path });
    case 'fetch':
      return call('POST', '/admin/v1/deliveries/{id}/fetch', { path });
    case 'again':
      return call('POST', '/admin/v1/deliveries/{id}/again', { path });
    case 'bring-back':
      return call('POST', '/admin/v1/deliveries/{id}/bring-back', { path });
  }
}

export const deliver = (id: string, body: HandOverAtDoor) =>
  call('POST', '/admin/v1/deliveries/{id}/deliver', { path: { id }, body });
export const failDelivery = (id: string, reason: string) =>
  call('POST', '/admin/v1/deliveries/{id}/fail', { path: { id }, body: { reason } });
export const handDelivery = (id: string, carried_by: 'riders' | 'courier') =>
  call('POST', '/admin/v1/deliveries/{id}/hand', { path: { id }, body: { carried_by } });
export const deliverAgain = (order_id: string, carried_by: 'riders' | 'courier') =>
  call('POST', '/admin/v1/orders/{id}/delivery', { path: { id: order_id }, body: { carried_by } });
export const readRider = () => call('GET', '/admin/v1/delivery-rider');
export const saveRider = (body: RiderPhone) => call('PUT', '/admin/v1/delivery-rider', { body });
