// @vitest-environment happy-dom
import { mount } from '@vue/test-utils';
import MoneyInput from './money-input.vue';

function field(fen: number | null) {
  const wrapper = mount(MoneyInput, { props: { modelValue: fen } });
  return {
    wrapper,
    input: wrapper.find('input'),
    sent: () => wrapper.emitted('update:modelValue')?.map(([value]) => value),
  };
}

describe('an amount field', () => {
  it('shows fen as yuan', () => {
    expect(field(129900).input.element.value).toBe('1299.00');
    expect(field(null).input.element.value).toBe('');
  });
  it('keeps what is typed in fen', async () => {
    const { input, sent } = field(null);
    await input.setValue('19.99');
    expect(sent()).toEqual([1999]);
  });
  it('marks what is no amount and does not send it', async () => {
    const { wrapper, input, sent } = field(100);
    await input.setValue('1.999');
    expect(wrapper.classes()).toContain('wrong');
    expect(sent()).toBeUndefined();
    await input.trigger('blur');
    expect(input.element.value).toBe('1.00');
  });
  it('refuses negative amounts and clears to null', async () => {
    const { input, sent } = field(100);
    await input.setValue('-5');
    await input.setValue('');
    expect(sent()).toEqual([null]);
  });
});
