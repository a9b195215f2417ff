import { mount } from '@vue/test-utils';
import { describe, expect, it } from 'vitest';
import Price from '@/components/price.vue';

describe('a price', () => {
  it('is set as mark, yuan and cents that read as one amount', () => {
    expect(mount(Price, { props: { fen: 123_405 } }).text()).toBe('¥1,234.05');
    expect(mount(Price, { props: { fen: 5 } }).text()).toBe('¥0.05');
    expect(mount(Price, { props: { fen: 9_900, from: true } }).text()).toBe('¥99.00起');
  });
  it('is spoken as an amount', () => {
    expect(mount(Price, { props: { fen: 9_900, struck: true } }).attributes('aria-label')).toBe('原价 ¥99.00');
  });
  it('refuses a fraction of a fen', () => {
    expect(() => mount(Price, { props: { fen: 99.5 } })).toThrow(RangeError);
  });
});
