// Telling when an element comes near the screen, so that its photograph loads shortly before it is seen. Mini
// programs' image elements do that by themselves.

const AHEAD = '400px';

/** Calls once; returns how to stop waiting. */
export function whenNear(element: unknown, call: () => void): () => void {
  // #ifdef H5
  if (typeof IntersectionObserver !== 'undefined' && element instanceof Element) {
    const observer = new IntersectionObserver(
      (seen) => {
        if (!seen.some((one) => one.isIntersecting)) return;
        observer.disconnect();
        call();
      },
      { rootMargin: AHEAD },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }
  // #endif
  call();
  return () => undefined;
}
