// @vitest-environment happy-dom
import { mount } from '@vue/test-utils';
import { defineComponent, h } from 'vue';
import { useCounts } from './use-counts';

const sent: unknown[] = [];
let refuse = false;
vi.mock('@/api/stock-take', () => ({
  countStock: (_: string, counts: unknown[]) => {
    sent.push(counts);
    return refuse ? Promise.reject(new Error('busy')) : Promise.resolve({ moved: 0 });
  },
}));
vi.mock('@/composables/use-submit', () => ({
  attempt: async (change: () => Promise<unknown>) => {
    try {
      return { answer: await change() };
    } catch {
      return undefined;
    }
  },
}));

function counting() {
  let counts!: ReturnType<typeof useCounts>;
  const page = mount(
    defineComponent({
      setup() {
        counts = useCounts('1', () => undefined);
        return () => h('i');
      },
    }),
  );
  return { counts, page };
}

describe('counts as they are typed', () => {
  beforeEach(() => {
    sent.length = 0;
    refuse = false;
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it('are sent together when the typing pauses, the last number of each', async () => {
    const { counts } = counting();
    counts.type('a', 1);
    counts.type('a', 12);
    counts.type('b', null);
    expect(sent).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(700);
    expect(sent).toEqual([
      [
        { sku_id: 'a', counted: 12 },
        { sku_id: 'b', counted: null },
      ],
    ]);
    expect(counts.waiting.value).toBe(0);
  });
  it('stay when they are refused, and can be sent again', async () => {
    const { counts } = counting();
    refuse = true;
    counts.type('a', 1);
    await vi.advanceTimersByTimeAsync(700);
    expect([counts.refused.value, counts.waiting.value]).toEqual([true, 1]);
    refuse = false;
    await counts.send();
    expect([counts.refused.value, counts.waiting.value]).toEqual([false, 0]);
  });
  it('go out when the page is left', async () => {
    const { counts, page } = counting();
    counts.type('a', 3);
    page.unmount();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual([[{ sku_id: 'a', counted: 3 }]]);
  });
});
