import { beforeEach, describe, expect, it } from 'vitest';
import { call, Failure } from '@/api/client';
import { IntentKeys, randomKey } from '@shared/intent-keys';
import { storedToken } from '@/api/session';
import { server } from './setup';

beforeEach(() => storedToken.clear());

describe('call', () => {
  it('fills the path and leaves out what is absent from the query', async () => {
    server.answer = () => ({ status: 200, body: { items: [] } });
    await call('get', '/api/v1/products', {
      query: { q: '龙井 茶', attr: ['产地:杭州', '净含量:100g'], brand_id: undefined },
    });
    await call('get', '/api/v1/products/{id}/reviews', { path: { id: 'a/b' } });
    expect(server.asked[0]?.url).toBe(
      `/api/v1/products?q=${encodeURIComponent('龙井 茶')}&attr=${encodeURIComponent('产地:杭州')}&attr=${encodeURIComponent('净含量:100g')}`,
    );
    expect(server.asked[1]?.url).toBe('/api/v1/products/a%2Fb/reviews');
  });

  it('turns a problem into a failure with its code, sentence and field', async () => {
    server.answer = () => ({
      status: 422,
      body: {
        type: 'about:blank',
        title: '',
        status: 422,
        code: 'address.detail',
        detail: '地址太长了',
        field: 'detail',
        request_id: 'r1',
      },
    });
    const failure = await call('get', '/api/v1/home').catch((reason: unknown) => reason as Failure);
    expect(failure).toMatchObject({
      status: 422,
      code: 'address.detail',
      message: '地址太长了',
      field: 'detail',
      request_id: 'r1',
    });
  });

  it('says that the network is gone when nothing comes back', async () => {
    server.answer = () => ({ status: 0 });
    await expect(call('get', '/api/v1/home')).rejects.toMatchObject({ status: 0, title: '网络没有连上' });
  });

  it('forgets a token the server no longer accepts', async () => {
    storedToken.set({ token: 'old', expires_at: '', me: { kind: 'member' } as never });
    server.answer = () => ({ status: 401, body: { code: 'session.expired', detail: '登录已过期' } });
    await expect(call('get', '/api/v1/me')).rejects.toMatchObject({ status: 401 });
    expect(storedToken.get()).toBe('');
  });
});

describe('IntentKeys', () => {
  it('keeps the key for the same body and changes it for another', () => {
    const keys = new IntentKeys();
    const first = keys.for({ total: 1 });
    expect(keys.for({ total: 1 })).toBe(first);
    expect(keys.for({ total: 2 })).not.toBe(first);
  });
  it('begins a new intent once the old one is done', () => {
    const keys = new IntentKeys();
    const first = keys.for({ total: 1 });
    keys.done();
    expect(keys.for({ total: 1 })).not.toBe(first);
  });
  it('makes keys the server accepts', () => {
    expect(randomKey()).toMatch(/^[0-9A-Za-z_-]{24}$/);
  });
});
