import { describe, expect, it } from 'vitest';
import { createSeen, OUT_OF_SIGHT_MS } from './seen';

describe('a code before the camera', () => {
  it('counts once while it is held there, and again after it was away', () => {
    const counts = createSeen();
    const said = [0, 500, 1_000, 2_000, 2_000 + OUT_OF_SIGHT_MS].map((now_ms) => counts('6970000102483', now_ms));
    expect(said).toEqual([true, false, false, false, true]);
  });

  it('counts at once when it is another one', () => {
    const counts = createSeen();
    expect([counts('a', 0), counts('b', 10), counts('a', 20)]).toEqual([true, true, false]);
  });
});
