/** A file that was chosen, with its path inside the folder that it came in. */
export interface ChosenFile {
  readonly name: string;
  readonly file: File;
}

/** Small files go together in one request: up to this many, and up to this many bytes. */
export const BATCH_FILES = 20;
export const BATCH_BYTES = 4 * 1024 * 1024;

/** Puts files into requests. A file that is larger than a whole batch goes alone. */
export function batchesOf<Item extends { readonly file: { readonly size: number } }>(
  items: readonly Item[],
): Item[][] {
  const batches: Item[][] = [];
  let current: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    const { size } = item.file;
    if (current.length > 0 && (current.length >= BATCH_FILES || bytes + size > BATCH_BYTES)) {
      batches.push(current);
      current = [];
      bytes = 0;
    }
    current.push(item);
    bytes += size;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

/**
 * How much of each file of a request is sent, from what is sent of the whole request: the files go one after the
 * other, and what stands between them is small.
 */
export function sharesOf(sizes: readonly number[], sent: number): number[] {
  let before = 0;
  return sizes.map((size) => {
    const share = size === 0 ? Number(sent > before) : Math.min(1, Math.max(0, (sent - before) / size));
    before += size;
    return share;
  });
}

const MEDIA = /^(image|video|audio|font)\//;
const PROGRAMS = /\.(exe|dll|so|dylib|o|a|class|jar|pyc|wasm|iso|dmg|img|bin|ttf|otf|woff2?)$/i;

/** Why a file is not even sent, as a sentence; null for one that the server is asked to read. */
export function refusalOf(name: string, type: string, size: number): string | null {
  if (size === 0) return "The file is empty.";
  if (MEDIA.test(type) || PROGRAMS.test(name)) {
    return "Rill reads text, Markdown, HTML, PDF, Word, EPUB, CSV, source code and ZIP. This is none of them.";
  }
  return null;
}

/** Whether a file or folder is hidden, or a system's own: nobody means it when they choose the folder around it. */
export function isHidden(name: string): boolean {
  return name.startsWith(".") || name === "__MACOSX" || name === "node_modules" || /^Thumbs\.db$/i.test(name);
}
