/**
 * Numbers in [0, 1) that are the same for the same seed (mulberry32), so that a failing case can be run
 * again.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Cuts bytes at random places, sometimes into empty pieces. */
export function randomSplit(bytes: Uint8Array, random: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const length = random() < 0.1 ? 0 : 1 + Math.floor(random() * random() * 40);
    pieces.push(bytes.slice(start, start + length));
    start += length;
  }
  return pieces;
}
