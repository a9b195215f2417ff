// The clerk's pages without a network: their files are kept on the device once one of them was opened. A page is asked for
// first and taken from here when no answer comes; files carry a hash in their names, so what is kept never grows old. The
// API is left alone: what may be done without a network, the pages know themselves.
// `FILES` and `VERSION` are written before this text when the back office is built (see plugin.ts).
/* global self, caches, fetch, URL, AbortSignal, FILES, VERSION */

const KEPT = `hefang-admin-${VERSION}`;
const PAGE = '/admin/';
const PATIENCE_MS = 4_000;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((kept) => kept.addAll([PAGE, ...FILES]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  const others = (names) => names.filter((name) => name.startsWith('hefang-admin-') && name !== KEPT);
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(others(names).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

const inHand = (key) => caches.open(KEPT).then((kept) => kept.match(key));

async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    // A gateway that stands before a server that does not.
    return answer.status < 500 ? answer : ((await inHand(PAGE)) ?? answer);
  } catch (cause) {
    const kept = await inHand(PAGE);
    if (kept) return kept;
    throw cause;
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin || pathname.startsWith('/admin/v1/')) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (FILES.includes(pathname)) event.respondWith(inHand(pathname).then((kept) => kept ?? fetch(request)));
});
