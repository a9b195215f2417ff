import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const send = vi.fn(() => Promise.resolve({ status: 204, headers: {}, body: null }));
const beacon = vi.fn(() => true);
vi.mock('@/platform/http', () => ({ MALL_CODE: '', SERVER_ORIGIN: '', send }));
vi.mock('@/platform/beacon', () => ({ leaveWithBeacon: beacon }));
vi.mock('@/api/session', () => ({ storedToken: { get: () => '' } }));
const { behaviour } = await import('@/api/behaviour');

describe('behaviour', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    behaviour.allow(true);
  });
  afterEach(() => vi.useRealTimers());

  it('gathers before it sends, under one word', () => {
    behaviour.tell('product_view', { product_id: '7' });
    behaviour.tell('search', { word: '茶' });
    expect(send).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5_000);
    expect(send).toHaveBeenCalledTimes(1);
    const [, url, , batch] = send.mock.calls[0] as unknown as [
      string,
      string,
      object,
      { visitor: string; events: object[] },
    ];
    expect(url).toBe('/api/v1/events');
    expect(batch.visitor).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(batch.events).toEqual([
      { kind: 'product_view', product_id: '7' },
      { kind: 'search', word: '茶' },
    ]);
  });

  it('counts one visit while the shopper only looks away', () => {
    behaviour.shown();
    behaviour.hidden();
    behaviour.shown();
    behaviour.hidden();
    expect(beacon).toHaveBeenCalledTimes(1);
  });

  it('says nothing once it is not allowed, and forgets', () => {
    behaviour.tell('share');
    behaviour.allow(false);
    behaviour.tell('share');
    vi.advanceTimersByTime(5_000);
    expect(send).not.toHaveBeenCalled();
    expect(uni.getStorageSync('hefang.visitor')).toBeFalsy();
  });
});
