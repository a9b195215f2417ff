import type { AdminStore } from '@api/types';
import { draftOfStore, emptyStore, storeInput, storeProblems } from './store-draft';

const store: AdminStore = {
  id: '1',
  name: '湖滨店',
  province: '浙江省',
  city: '杭州市',
  district: '上城区',
  district_code: '330102',
  address: '东坡路 8 号',
  phone: '0571-87010418',
  lat: 30.25372,
  lng: 120.16478,
  hours: [{ weekday: 1, open: '10:00', close: '21:30' }],
  special_days: [{ date: '2027-02-06', note: '春节', spans: [] }],
  open_now: true,
  status: 'open',
  staff_count: 1,
  ships: false,
  pictures: [],
  picture_keys: [],
  services: ['wifi'],
  delivery_area: { kind: 'radius', metres: 3000 },
};

describe('a store on its way through the form', () => {
  it('comes back as it went in', () => {
    expect(storeInput(draftOfStore(store))).toMatchObject({
      name: '湖滨店',
      district_code: '330102',
      lat: 30.25372,
      lng: 120.16478,
      hours: store.hours,
      special_days: store.special_days,
      picture_keys: [],
      services: ['wifi'],
      delivery_area: { kind: 'radius', metres: 3000 },
      ships: false,
    });
  });
  it('is complete enough to save', () => {
    expect(storeProblems(draftOfStore(store))).toEqual([]);
  });
});

describe('storeProblems', () => {
  it('notices swapped coordinates and backward hours', () => {
    const draft = draftOfStore(store);
    [draft.lat, draft.lng] = [draft.lng, draft.lat];
    draft.week[0]!.close = '09:00';
    expect(storeProblems(draft)).toEqual(['坐标不在国内范围，请检查纬度和经度是否填反', '打烊时间要晚于开门时间']);
  });
  it('notices a special day that is written twice', () => {
    const draft = draftOfStore(store);
    draft.special.push({ date: '2027-02-06', note: '', spans: [] });
    expect(storeProblems(draft)).toEqual(['同一个特殊日期写了两次']);
  });
  it('asks for everything a shopper needs to find the place', () => {
    expect(storeProblems(emptyStore())).toHaveLength(5);
  });
});
