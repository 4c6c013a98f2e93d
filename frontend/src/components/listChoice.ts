const storageKey = "rill.list";

/** Whether the user wants the conversation list beside the conversation, as was kept. */
export function readBeside(): boolean {
  try {
    return localStorage.getItem(storageKey) !== "hidden";
  } catch {
    return true;
  }
}

/** Keeps that. */
export function writeBeside(isShown: boolean): void {
  try {
    localStorage.setItem(storageKey, isShown ? "shown" : "hidden");
  } catch {
    // Without storage the list comes back with the next visit.
  }
}
