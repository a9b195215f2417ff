// What is held before a camera is seen in every frame and counts once.

/** How long a code is out of sight before it counts again. */
export const OUT_OF_SIGHT_MS = 1_500;

/** Says of each sighting whether it counts. */
export function createSeen(): (text: string, now_ms: number) => boolean {
  const last = new Map<string, number>();
  return (text, now_ms) => {
    for (const [known, at_ms] of last) if (now_ms - at_ms >= OUT_OF_SIGHT_MS) last.delete(known);
    const counts = !last.has(text);
    last.set(text, now_ms);
    return counts;
  };
}
