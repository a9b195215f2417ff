import type { AdminProduct } from '@api/types';
import { draftOf, draftProblems, emptyDraft, inputOf } from './product-draft';

const picture = { url: '/f/a', medium_url: '/f/a', small_url: '/f/a', width: 1, height: 1, alt: '' };
const product: AdminProduct = {
  id: '1',
  version: 3,
  updated_at: '2026-11-23T00:00:00Z',
  name: '龙井',
  shop_id: '9',
  code: 'LJ',
  video_key: 'm1/202611/7.mp4',
  video_url: '/files/m1/202611/7.mp4',
  category_id: '9',
  picture_keys: ['a'],
  pictures: [{ key: 'a', picture }],
  description_html: '<p>明前</p>',
  attributes: [{ name: '产地', value: '杭州' }],
  options: [{ name: '净含量', values: ['50g', '100g'] }],
  skus: ['50g', '100g'].map((size, index) => ({
    id: String(index),
    code: `LJ-${size}`,
    option_values: [size],
    price_fen: 9900 * (index + 1),
    weight_g: 50,
    volume_cm3: 100,
    default_on_hand: 5,
    on_hand: 5,
    reserved: 1,
  })),
  tags: [],
  return_7d: false,
  status: 'on_sale',
};

describe('a product on its way through the form', () => {
  it('comes back as it went in', () => {
    const input = inputOf(draftOf(product));
    expect(input).toMatchObject({ name: '龙井', code: 'LJ', video_key: 'm1/202611/7.mp4' });
    expect(input).toMatchObject({ picture_keys: ['a'], options: product.options, status: 'on_sale' });
    expect(input.skus.map(({ id, price_fen }) => [id, price_fen])).toEqual([
      ['0', 9900],
      ['1', 19800],
    ]);
    expect(input.skus[0]).not.toHaveProperty('on_hand');
  });
  it('is not the same object as the server answer', () => {
    const draft = draftOf(product);
    draft.options[0]!.values.push('200g');
    expect(product.options[0]!.values).toHaveLength(2);
  });
  it('drops attributes that are only half filled in', () => {
    const draft = { ...draftOf(product), attributes: [{ name: '产地', value: ' ' }] };
    expect(inputOf(draft).attributes).toEqual([]);
  });
});

describe('draftProblems', () => {
  it('names what is missing in the order of the page', () => {
    expect(draftProblems(emptyDraft(), 0)).toEqual(['商品还没有名称', '还没有选分类']);
  });
  it('refuses a schedule in the past', () => {
    const draft = { ...draftOf(product), status: 'scheduled' as const, on_sale_at: '2026-01-01T00:00:00Z' };
    expect(draftProblems(draft, Date.parse('2026-02-01T00:00:00Z'))).toEqual(['上架时间已经过去']);
    expect(draftProblems(draft, Date.parse('2025-12-01T00:00:00Z'))).toEqual([]);
  });
});
