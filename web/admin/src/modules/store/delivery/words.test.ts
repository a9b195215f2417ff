import { describe, expect, it } from 'vitest';
import { farWords, wayTo, whenWords } from './words';

describe('what a rider reads', () => {
  const noon = Date.parse('2026-11-26T04:00:00Z');
  it('says when it is wanted', () => {
    const from = '2026-11-26T05:00:00.000Z';
    expect(whenWords({ wanted_from: from, wanted_until: '2026-11-26T06:00:00.000Z' }, noon)).toBe('今天 13:00–14:00');
    expect(whenWords({ wanted_from: from, wanted_until: null }, noon)).toBe('尽快送达，今天 13:00 备好');
  });
  it('says how far and how heavy it is', () => {
    expect(farWords({ distance_m: 850, weight_g: 500 })).toBe('850 米 · 500 克');
    expect(farWords({ distance_m: 2440, weight_g: 0 })).toBe('2.4 公里');
  });
  it('keeps a strange address inside its parameter', () => {
    expect(wayTo({ lat: 30.2, lng: 120.1, address: '1&to=2' })).toContain('to=120.1%2C30.2%2C1%26to%3D2&mode');
  });
});
