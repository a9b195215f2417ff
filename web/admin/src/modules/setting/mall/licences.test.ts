import { describe, expect, it } from 'vitest';
import { toLicences, toRows } from './licences';

describe('licences of the mall', () => {
  it('come back as they were', () => {
    const kept = [{ name: '营业执照', number: '9133', picture_key: 'm1/a.jpg' }];
    expect(toLicences(toRows(kept, [{ picture: { small_url: '/files/m1/a.jpg' } }]))).toEqual(kept);
  });
  it('leave empty rows out', () => {
    expect(toLicences([{ name: ' ', number: '', pictures: [] }])).toEqual([]);
  });
});
