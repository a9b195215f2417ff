// @vitest-environment happy-dom
import { flushPromises, mount } from '@vue/test-utils';
import type { Page } from '@api/types';
import { Failure } from '@api/client';
import { defineComponent, h } from 'vue';
import { createMemoryHistory, createRouter } from 'vue-router';
import { useList } from './use-list';

type Query = { state: string; q: string; cursor?: string };

async function open(address: string, load: (query: Query) => Promise<Page<string>>) {
  let list!: ReturnType<typeof useList<string, { state: string; q: string }>>;
  const page = defineComponent({
    setup() {
      list = useList<string, { state: string; q: string }>({ filters: { state: 'all', q: '' }, load });
      return () => h('p');
    },
  });
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/orders', component: page },
      { path: '/:rest(.*)*', component: { render: () => h('i') } },
    ],
  });
  await router.push(address);
  mount({ template: '<router-view />' }, { global: { plugins: [router] } });
  await flushPromises();
  return { list, router };
}

describe('a list in the address', () => {
  it('reads its filters from the address', async () => {
    const asked: Query[] = [];
    await open('/orders?state=to_ship&q=SF1&cursor=c2&page=2', (query) => {
      asked.push(query);
      return Promise.resolve({ items: ['a'] });
    });
    expect(asked).toEqual([{ state: 'to_ship', q: 'SF1', cursor: 'c2' }]);
  });

  it('writes only what differs from the default, and goes back to the first page', async () => {
    const { list, router } = await open('/orders?cursor=c2&page=2', () => Promise.resolve({ items: [] }));
    list.apply({ state: 'unpaid' });
    await flushPromises();
    expect(router.currentRoute.value.query).toEqual({ state: 'unpaid' });
    expect(list.filtered.value).toBe(true);
  });

  it('pages forward and back by cursor', async () => {
    const { list, router } = await open('/orders', ({ cursor }) =>
      Promise.resolve({ items: [cursor ?? 'first'], next_cursor: cursor === 'c3' ? null : cursor ? 'c3' : 'c2' }),
    );
    list.next();
    await flushPromises();
    list.next();
    await flushPromises();
    expect(list.rows.value).toEqual(['c3']);
    expect(router.currentRoute.value.query).toEqual({ cursor: 'c3', page: '3' });
    list.previous();
    await flushPromises();
    expect(list.rows.value).toEqual(['c2']);
    list.previous();
    await flushPromises();
    expect(router.currentRoute.value.query).toEqual({});
  });

  it('shows the last answer asked for, whichever arrives last', async () => {
    const answers: ((page: Page<string>) => void)[] = [];
    const { list } = await open('/orders', () => new Promise((resolve) => answers.push(resolve)));
    list.apply({ q: 'new' });
    await flushPromises();
    answers[1]!({ items: ['new'] });
    await flushPromises();
    answers[0]!({ items: ['old'] });
    await flushPromises();
    expect(list.rows.value).toEqual(['new']);
  });

  it('keeps a refusal for the error face', async () => {
    const { list } = await open('/orders', () => Promise.reject(new Failure(503, { code: 'db.busy' })));
    expect(list.failure.value?.code).toBe('db.busy');
    expect(list.loading.value).toBe(false);
  });
});
