/** Milliseconds before the tries after the first. */
const DELAYS = [250, 1000, 2000, 4000, 8000];

/**
 * Loads a part of the page's code; a network that is away for a moment must not leave the page without it. A load that
 * has failed for good can be tried again.
 */
export function loadPart<Module>(load: () => Promise<Module>): () => Promise<Module> {
  let loading: Promise<Module> | null = null;
  const tryFrom = (attempt: number): Promise<Module> =>
    load().catch(async (error: unknown) => {
      const delay = DELAYS[attempt];
      if (delay === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, delay));
      return tryFrom(attempt + 1);
    });
  return () => {
    loading ??= tryFrom(0).catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
}
