// A store as it is edited, and its way to and from the server.

import type {
  AdminStore,
  DeliveryArea,
  KeyedPicture,
  SpecialDay,
  StoreInput,
  StoreService,
  StoreStatus,
} from '@api/types';
import { hoursOf, weekRows, type DayRow } from './opening-hours';

export interface StoreDraft {
  name: string;
  phone: string;
  district_code: string;
  address: string;
  lat: string;
  lng: string;
  pictures: KeyedPicture[];
  notice: string;
  status: StoreStatus;
  week: DayRow[];
  special: SpecialDay[];
  /** Parcels may leave from its shelf. */
  ships: boolean;
  services: StoreService[];
  area: DeliveryArea | null;
}

export function emptyStore(): StoreDraft {
  const week = weekRows([1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, open: '10:00', close: '21:30' })));
  return {
    name: '',
    phone: '',
    district_code: '',
    address: '',
    lat: '',
    lng: '',
    pictures: [],
    notice: '',
    status: 'open',
    week,
    special: [],
    ships: true,
    services: [],
    area: null,
  };
}

export function draftOfStore(store: AdminStore): StoreDraft {
  return {
    name: store.name,
    phone: store.phone,
    district_code: store.district_code ?? '',
    address: store.address,
    lat: String(store.lat),
    lng: String(store.lng),
    pictures: store.pictures.map((picture, at) => ({ key: store.picture_keys[at]!, picture })),
    notice: store.notice ?? '',
    status: store.status,
    week: weekRows(store.hours),
    special: store.special_days.map((day) => ({ ...day, spans: day.spans.map((span) => ({ ...span })) })),
    ships: store.ships,
    services: [...store.services],
    area: store.delivery_area ?? null,
  };
}

export function storeInput(draft: StoreDraft): StoreInput {
  return {
    name: draft.name.trim(),
    phone: draft.phone.trim(),
    district_code: draft.district_code,
    address: draft.address.trim(),
    lat: Number(draft.lat),
    lng: Number(draft.lng),
    picture_keys: draft.pictures.map(({ key }) => key),
    services: draft.services,
    delivery_area: draft.area,
    notice: draft.notice.trim() || null,
    status: draft.status,
    hours: hoursOf(draft.week),
    special_days: draft.special,
    ships: draft.ships,
  };
}

export function storeProblems(draft: StoreDraft): string[] {
  const problems: string[] = [];
  if (!draft.name.trim()) problems.push('门店还没有名称');
  if (!draft.phone.trim()) problems.push('还没有填电话');
  if (!draft.district_code) problems.push('还没有选所在区县');
  if (!draft.address.trim()) problems.push('还没有填详细地址');
  const lat = Number(draft.lat);
  const lng = Number(draft.lng);
  const placed = draft.lat.trim() && draft.lng.trim() && lat >= 3 && lat <= 54 && lng >= 73 && lng <= 136;
  if (!placed) problems.push('坐标不在国内范围，请检查纬度和经度是否填反');
  const backwards = draft.week.some((day) => day.works && day.open >= day.close);
  if (backwards) problems.push('打烊时间要晚于开门时间');
  if (draft.area?.kind === 'polygon' && draft.area.points.length < 3) problems.push('配送范围还没有画完，至少要三个角');
  if (draft.area?.kind === 'radius' && (draft.area.metres < 100 || draft.area.metres > 50_000))
    problems.push('配送半径要在 100 米到 50 公里之间');
  const dates = draft.special.map(({ date }) => date);
  if (dates.some((date) => !date)) problems.push('有一个特殊日期还没有选哪一天');
  if (new Set(dates).size < dates.length) problems.push('同一个特殊日期写了两次');
  return problems;
}
