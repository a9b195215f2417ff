// @vitest-environment happy-dom
import { flushPromises, mount } from '@vue/test-utils';
import { Failure } from '@api/client';
import DataTable from './data-table.vue';

const columns = [
  { key: 'name', label: '名称', fixed: true },
  { key: 'stock', label: '可售' },
];
const table = (props: object) =>
  mount(DataTable, {
    props: { name: 'test', rows: [], columns, loading: false, failure: null, emptyText: '没有商品', ...props },
    global: { stubs: { transition: false } },
  });

describe('the four faces of a list', () => {
  beforeEach(() => localStorage.clear());

  it('waits with a skeleton', () => {
    expect(table({ loading: true }).find('[aria-busy=true]').exists()).toBe(true);
  });
  it('says that there is nothing', async () => {
    const wrapper = table({});
    await flushPromises();
    expect(wrapper.text()).toContain('没有商品');
  });
  it('says what went wrong, with a code, and can be retried', async () => {
    const failure = new Failure(503, { code: 'db.busy', detail: '服务器正忙', request_id: 'r9' });
    const wrapper = table({ failure });
    expect(wrapper.find('[role=alert]').text()).toContain('服务器正忙');
    expect(wrapper.text()).toContain('db.busy · r9');
    await wrapper.find('[role=alert] button').trigger('click');
    expect(wrapper.emitted('retry')).toHaveLength(1);
  });
  it('shows rows, but not the columns that the reader hid', async () => {
    localStorage.setItem('hefang.admin.columns.test', '');
    const wrapper = table({ rows: [{ id: '1', name: '龙井', stock: 3 }] });
    await flushPromises();
    expect(wrapper.text()).toContain('龙井');
    expect(wrapper.find('.el-table').text()).not.toContain('可售');
  });
});
