import { fromGcj02, readPlace, toGcj02 } from './places';

describe('places', () => {
  it('shifts a place in Hangzhou by about 500 metres', () => {
    // West Lake, Broken Bridge: the known offset there is +0.0024° of latitude south, +0.0047° of longitude east.
    const { lat, lng } = toGcj02({ lat: 30.26, lng: 120.148 });
    expect(lat).toBeCloseTo(30.2575, 3);
    expect(lng).toBeCloseTo(120.1527, 3);
  });
  it('finds the way back', () => {
    const lake = { lat: 30.26, lng: 120.148 };
    const { lat, lng } = fromGcj02(toGcj02(lake));
    expect(lat).toBeCloseTo(lake.lat, 6);
    expect(lng).toBeCloseTo(lake.lng, 6);
  });
  it('reads what people paste, in either order', () => {
    expect(readPlace('30.253720,120.164780')).toEqual({ lat: 30.25372, lng: 120.16478 });
    expect(readPlace('经度120.16478 纬度30.25372')).toEqual({ lat: 30.25372, lng: 120.16478 });
    expect(readPlace('湖滨路 1 号')).toBeNull();
    expect(readPlace('51.5, 0.12')).toBeNull();
  });
});
