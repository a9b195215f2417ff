// Browsers and receivers tell places in WGS-84; maps in China, WeChat's too, want GCJ-02, which lies up to
// 700 metres off. The shift is the published approximation; it is good to a few metres.

export interface Place {
  lat: number;
  lng: number;
}

const A = 6378245;
const EE = 0.006693421622965943;

function shiftLat(x: number, y: number): number {
  const { PI, sin, sqrt, abs } = Math;
  let sum = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x));
  sum += ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
  sum += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
  return sum + ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
}

function shiftLng(x: number, y: number): number {
  const { PI, sin, sqrt, abs } = Math;
  let sum = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x));
  sum += ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
  sum += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
  return sum + ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
}

/** A place in WGS-84 as maps in China draw it. */
export function toGcj02({ lat, lng }: Place): Place {
  const radians = (lat / 180) * Math.PI;
  const magic = 1 - EE * Math.sin(radians) ** 2;
  const root = Math.sqrt(magic);
  const dLat = (shiftLat(lng - 105, lat - 35) * 180) / (((A * (1 - EE)) / (magic * root)) * Math.PI);
  const dLng = (shiftLng(lng - 105, lat - 35) * 180) / ((A / root) * Math.cos(radians) * Math.PI);
  return { lat: lat + dLat, lng: lng + dLng };
}

/** Back from GCJ-02, for tiles that are drawn in WGS-84; good to a metre. */
export function fromGcj02(place: Place): Place {
  let guess = place;
  for (let turn = 0; turn < 3; turn += 1) {
    const there = toGcj02(guess);
    guess = { lat: guess.lat + place.lat - there.lat, lng: guess.lng + place.lng - there.lng };
  }
  return guess;
}

/** Two numbers out of a pasted text, in the order that fits China: `30.2537,120.1648` or the other way round. */
export function readPlace(text: string): Place | null {
  const numbers = text.match(/\d{1,3}\.\d+/g)?.map(Number) ?? [];
  const [a, b] = numbers;
  if (a === undefined || b === undefined) return null;
  const place = a > 60 ? { lat: b, lng: a } : { lat: a, lng: b };
  const inChina = place.lat >= 3 && place.lat <= 54 && place.lng >= 73 && place.lng <= 136;
  return inChina ? place : null;
}
