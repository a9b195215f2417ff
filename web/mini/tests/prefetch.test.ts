import { describe, expect, it, vi } from 'vitest';
import { prefetchProduct, readProduct } from '@/composables/prefetch';
import { server } from './setup';

/** The product itself; what it is part of is asked for beside it. */
const asked = (id: string): number => server.asked.filter(({ url }) => url.endsWith(`/products/${id}`)).length;

describe('a touched product', () => {
  it('is asked for once and serves one opening', async () => {
    server.answer = () => ({ status: 200, body: { id: 'a', name: '龙井' } });
    prefetchProduct('a');
    prefetchProduct('a');
    expect((await readProduct('a')).name).toBe('龙井');
    expect(asked('a')).toBe(1);
    await readProduct('a');
    expect(asked('a')).toBe(2);
  });
  it('is asked for again when it failed or is no longer fresh', async () => {
    server.answer = () => ({ status: 503 });
    prefetchProduct('b');
    await vi.waitFor(() => expect(asked('b')).toBe(1));
    await new Promise((resolve) => setTimeout(resolve));
    server.answer = () => ({ status: 200, body: { id: 'b' } });
    expect((await readProduct('b')).id).toBe('b');
    vi.useFakeTimers();
    prefetchProduct('c');
    vi.setSystemTime(Date.now() + 11_000);
    void readProduct('c');
    vi.useRealTimers();
    expect(asked('c')).toBe(2);
  });
});
