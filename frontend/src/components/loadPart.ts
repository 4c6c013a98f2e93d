import { lazy, type ComponentType, type LazyExoticComponent } from "react";

/** Milliseconds before the tries after the first. */
const DELAYS = [250, 1000, 2000, 4000, 8000];

/** Loads a part of the page's code, and knows it once it is there. */
export interface Part<Module> {
  (): Promise<Module>;
  loaded: Module | null;
}

/**
 * Loads a part of the page's code; a network that is away for a moment must not leave the page without it. A load that
 * has failed for good can be tried again.
 */
export function loadPart<Module>(load: () => Promise<Module>): Part<Module> {
  let loading: Promise<Module> | null = null;
  const tryFrom = (attempt: number): Promise<Module> =>
    load().catch(async (error: unknown) => {
      const delay = DELAYS[attempt];
      if (delay === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, delay));
      return tryFrom(attempt + 1);
    });
  const part: Part<Module> = () => {
    loading ??= tryFrom(0).then(
      (module) => (part.loaded = module),
      (error: unknown) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  };
  part.loaded = null;
  return part;
}

/**
 * A component of such a part. When the part is there already, the component is drawn at once: React's own `lazy` would
 * draw a fallback first, which in a long conversation costs as much as the conversation.
 */
export function lazyOf<
  Name extends string,
  Kind extends ComponentType<any>,
  Module extends Record<Name, Kind>,
>(part: Part<Module>, name: Name): LazyExoticComponent<Module[Name]> {
  // React takes any thenable, and this one answers before `lazy` looks.
  const load = (take: (value: unknown) => void, fail: (error: unknown) => void): unknown => {
    const give = (module: Module): void => take({ default: module[name] });
    return part.loaded ? give(part.loaded) : part().then(give, fail);
  };
  // oxlint-disable-next-line unicorn/no-thenable
  return lazy(() => ({ then: load }) as unknown as Promise<{ default: Module[Name] }>);
}
