// Webhooks and API keys of integrators.

import type { ApiKeyInput, WebhookInput } from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const listWebhooks = () => call('GET', '/admin/v1/webhooks');
export const listWebhookEvents = () => call('GET', '/admin/v1/webhook-events');
export const createWebhook = (body: WebhookInput) => call('POST', '/admin/v1/webhooks', { body });
export const updateWebhook = (id: string, body: WebhookInput) =>
  call('PUT', '/admin/v1/webhooks/{id}', { path: { id }, body });
export const removeWebhook = (id: string) => call('DELETE', '/admin/v1/webhooks/{id}', { path: { id } });
export const rotateWebhook = (id: string) => call('POST', '/admin/v1/webhooks/{id}/rotate', { path: { id } });
export const pingWebhook = (id: string) => call('POST', '/admin/v1/webhooks/{id}/ping', { path: { id } });
export const redeliverFailed = (id: string) =>
  call('POST', '/admin/v1/webhooks/{id}/redeliver-failed', { path: { id } });

export const listDeliveries = (id: string, query: Query) =>
  call('GET', '/admin/v1/webhooks/{id}/deliveries', { path: { id }, query });
export const showDelivery = (id: string) => call('GET', '/admin/v1/webhook-deliveries/{id}', { path: { id } });
export const redeliver = (id: string) => call('POST', '/admin/v1/webhook-deliveries/{id}/redeliver', { path: { id } });

export const listApiKeys = () => call('GET', '/admin/v1/api-keys');
export const listScopes = () => call('GET', '/admin/v1/api-key-scopes');
export const createApiKey = (body: ApiKeyInput) => call('POST', '/admin/v1/api-keys', { body });
export const revokeApiKey = (id: string) => call('DELETE', '/admin/v1/api-keys/{id}', { path: { id } });
