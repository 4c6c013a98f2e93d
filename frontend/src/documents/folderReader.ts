import { isHidden, type ChosenFile } from "./uploadBatches";

/** What the browser tells of a dropped item (the parts of the File and Directory Entries API that are used). */
export interface Entry {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly name: string;
  file?(taken: (file: File) => void, failed: (error: unknown) => void): void;
  createReader?(): EntryReader;
}

export interface EntryReader {
  /** Gives some entries; an empty list when there are no more. */
  readEntries(taken: (entries: readonly Entry[]) => void, failed: (error: unknown) => void): void;
}

/** What was found in what the user has chosen or dropped. */
export interface FoundFiles {
  readonly files: readonly ChosenFile[];
  /** Files and folders that were left out because they are hidden. */
  readonly hidden: number;
  /** Files and folders that the browser could not read. */
  readonly unreadable: readonly string[];
  /** There were more than can be taken at once. */
  readonly isCut: boolean;
}

/** The most files that are taken at once, and the deepest folder. */
export const MOST_FILES = 10_000;
export const DEEPEST = 32;

/** Reads dropped folders to their ends, in order. Paths begin with the dropped folder's own name. */
export async function readEntries(
  entries: readonly Entry[],
  most = MOST_FILES,
  deepest = DEEPEST,
): Promise<FoundFiles> {
  const files: ChosenFile[] = [];
  const unreadable: string[] = [];
  let hidden = 0;
  let isCut = false;
  const visit = async (entry: Entry, folder: string, depth: number): Promise<void> => {
    if (isCut) return;
    const name = folder + entry.name;
    if (isHidden(entry.name)) hidden += 1;
    else if (files.length >= most || depth > deepest) isCut = true;
    else if (entry.isDirectory) {
      const children = await childrenOf(entry).catch(() => null);
      if (children === null) unreadable.push(name);
      for (const child of children ?? []) await visit(child, `${name}/`, depth + 1);
    } else {
      const file = await fileOf(entry).catch(() => null);
      if (file === null) unreadable.push(name);
      else files.push({ name, file });
    }
  };
  for (const entry of entries) await visit(entry, "", 0);
  return { files, hidden, unreadable, isCut };
}

/** Files from a chooser: those of a folder know where they were in it. */
export function filesOf(list: Iterable<File>, most = MOST_FILES): FoundFiles {
  const files: ChosenFile[] = [];
  let hidden = 0;
  let isCut = false;
  for (const file of list) {
    const name = file.webkitRelativePath || file.name;
    if (name.split("/").some(isHidden)) hidden += 1;
    else if (files.length >= most) isCut = true;
    else files.push({ name, file });
  }
  return { files, hidden, unreadable: [], isCut };
}

function fileOf(entry: Entry): Promise<File> {
  return new Promise((resolve, reject) => {
    if (entry.file) entry.file(resolve, reject);
    else reject(new Error("not a file"));
  });
}

/** A reader gives at most a hundred entries at a time, so it is asked until it has none. */
async function childrenOf(folder: Entry): Promise<Entry[]> {
  const reader = folder.createReader?.();
  const children: Entry[] = [];
  for (;;) {
    const some = await new Promise<readonly Entry[]>((resolve, reject) => {
      if (reader) reader.readEntries(resolve, reject);
      else reject(new Error("not a folder"));
    });
    if (some.length === 0) return children;
    children.push(...some);
  }
}
