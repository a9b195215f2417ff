// The line icons of the shop, drawn on a 24 grid with a 1.6 stroke. Each is the inside of an <svg>.

export const ICONS = {
  home: '<path d="M4 11.2 12 4l8 7.2V19a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 19z"/><path d="M9.5 20.5V15h5v5.5"/>',
  grid: '<rect x="4" y="4" width="6.6" height="6.6" rx="1.6"/><rect x="13.4" y="4" width="6.6" height="6.6" rx="1.6"/><rect x="4" y="13.4" width="6.6" height="6.6" rx="1.6"/><circle cx="16.7" cy="16.7" r="3.3"/>',
  cart: '<path d="M3 4.5h2.2l2.2 10.6h10l2-7.6H6.2"/><circle cx="9.2" cy="19" r="1.4"/><circle cx="16.2" cy="19" r="1.4"/>',
  person: '<circle cx="12" cy="8.2" r="3.9"/><path d="M4.5 20.2c.9-3.9 3.9-5.9 7.5-5.9s6.6 2 7.5 5.9"/>',
  search: '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
  back: '<path d="m14.5 5-7 7 7 7"/>',
  next: '<path d="m9.5 5 7 7-7 7"/>',
  down: '<path d="m5 9.5 7 7 7-7"/>',
  close: '<path d="m6 6 12 12M18 6 6 18"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  minus: '<path d="M5 12h14"/>',
  tick: '<path d="m5 12.5 4.8 4.800L19.2 7.5"/>',
  heart: '<path d="M12 20s-7.8-4.7-7.8-10.300A4.3 4.3 0 0 1 12 7.300a4.3 4.3 0 0 1 7.8 2.400C19.8 15.3 12 20 12 20z"/>',
  'heart-full':
    '<path fill="#000" d="M12 20s-7.8-4.7-7.8-10.300A4.3 4.3 0 0 1 12 7.300a4.3 4.3 0 0 1 7.8 2.400C19.8 15.3 12 20 12 20z"/>',
  share:
    '<path d="M12 15V4M8 7.5 12 4l4 3.5"/><path d="M5 12.500V19a1.5 1.5 0 0 0 1.5 1.500h11A1.5 1.5 0 0 0 19 19v-6.5"/>',
  pin: '<path d="M12 21s-6.5-5.6-6.5-10.900a6.5 6.5 0 0 1 13 0C18.5 15.4 12 21 12 21z"/><circle cx="12" cy="10" r="2.4"/>',
  shop: '<path d="M4.5 9.5 6 4.500h12l1.5 5"/><path d="M4.5 9.500a2.5 2.5 0 0 0 5 0 2.5 2.5 0 0 0 5 0 2.5 2.5 0 0 0 5 0M5.8 12v8h12.400v-8"/>',
  truck:
    '<path d="M3 6h11v10.500H3zM14 9.500h4l3 3.200v3.800h-7"/><circle cx="7.5" cy="17.5" r="1.8"/><circle cx="17" cy="17.5" r="1.8"/>',
  wallet: '<rect x="3.5" y="6" width="17" height="13" rx="2"/><path d="M3.5 10h17M15 14.800h2.5"/>',
  box: '<path d="m12 3.5 8 4.200v8.600l-8 4.2-8-4.200V7.700z"/><path d="m4 7.7 8 4.3 8-4.300M12 12v8.5"/>',
  star: '<path d="m12 4 2.5 5.2 5.7.8-4.1 4 1 5.600L12 16.900l-5.1 2.7 1-5.6-4.1-4 5.7-.8z"/>',
  'star-full': '<path fill="#000" d="m12 4 2.5 5.2 5.7.8-4.1 4 1 5.600L12 16.900l-5.1 2.7 1-5.6-4.1-4 5.7-.8z"/>',
  clock: '<circle cx="12" cy="12" r="8.3"/><path d="M12 7.500V12l3 2.2"/>',
  bin: '<path d="M4.5 7h15M9.5 7V4.500h5V7M6.5 7l.8 12.500h9.400L17.5 7"/>',
  pen: '<path d="m4.5 19.5 1-4L16 5l3 3L8.5 18.500z"/>',
  camera: '<path d="M4 8h3.500L9 5.500h6L16.5 8H20v11H4z"/><circle cx="12" cy="13" r="3.3"/>',
  phone:
    '<path d="M6 4h3.500l1.5 4.5-2 1.500a11 11 0 0 0 5 5l1.5-2 4.5 1.500V18a2 2 0 0 1-2 2A14.5 14.5 0 0 1 4 6a2 2 0 0 1 2-2z"/>',
  route:
    '<circle cx="6" cy="18" r="2"/><circle cx="18" cy="6" r="2"/><path d="M8 18h7a3 3 0 0 0 0-6H9a3 3 0 0 1 0-6h7"/>',
  filter: '<path d="M4 6h16M7 12h10M10 18h4"/>',
  note: '<path d="M6 3.500h9l4 4v13H6z"/><path d="M9 11h7M9 15h5"/>',
  alert: '<circle cx="12" cy="12" r="8.3"/><path d="M12 7.800v5M12 16v.3"/>',
  leaf: '<path d="M5 19c0-8 5-13.5 14.5-14C19.5 14 15 19 8 18.500M5 20.500c1.5-5 4.5-8 8.5-10"/>',
  lock: '<rect x="5" y="10.5" width="14" height="9.500" rx="2"/><path d="M8 10.500V8a4 4 0 0 1 8 0v2.500"/>',
  play: '<path d="M8 5.500v13l10.5-6.500z"/>',
} as const;

export type IconName = keyof typeof ICONS;

/** The icon as an address that both `mask` and `<image>` take. */
export function iconAddress(name: IconName, stroke = '#000', width = 1.6): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round">${ICONS[name]}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
