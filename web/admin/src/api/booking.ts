// Services booked by time: what is offered and by whom, and who comes when.

import type { Query } from '@api/client';
import type { BookAtStore, BookingResourceInput, BookingStep, MoveBooking, ServiceInput } from '@api/types';
import { call } from '@/app/http';

export const listServices = (query: Query = {}) => call('GET', '/admin/v1/booking-services', { query });
export const createService = (body: ServiceInput) => call('POST', '/admin/v1/booking-services', { body });
export const updateService = (id: string, body: ServiceInput) =>
  call('PUT', '/admin/v1/booking-services/{id}', { path: { id }, body });
export const listTimes = (id: string, query: Query & { store_id: string }) =>
  call('GET', '/admin/v1/booking-services/{id}/times', { path: { id }, query });

export const listResources = (query: Query = {}) => call('GET', '/admin/v1/booking-resources', { query });
export const createResource = (body: BookingResourceInput) => call('POST', '/admin/v1/booking-resources', { body });
export const updateResource = (id: string, body: BookingResourceInput) =>
  call('PUT', '/admin/v1/booking-resources/{id}', { path: { id }, body });

export const listBookings = (query: Query & { store_id: string }) => call('GET', '/admin/v1/bookings', { query });
export const readBooking = (id: string) => call('GET', '/admin/v1/bookings/{id}', { path: { id } });
export const bookAtStore = (body: BookAtStore, idempotency_key: string) =>
  call('POST', '/admin/v1/bookings', { body, idempotency_key });
export const stepBooking = (id: string, step: BookingStep) =>
  call('POST', '/admin/v1/bookings/{id}/step', { path: { id }, body: { step } });
export const moveBooking = (id: string, body: MoveBooking) =>
  call('POST', '/admin/v1/bookings/{id}/reschedule', { path: { id }, body });
export const callOffBooking = (id: string, reason: string) =>
  call('POST', '/admin/v1/bookings/{id}/cancel', { path: { id }, body: { reason } });
