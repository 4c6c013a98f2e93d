import { Suspense, type ReactNode } from "react";
import { ErrorBoundary } from "./ErrorBoundary";

/**
 * A part of the page whose code is loaded when it is needed. The fallback is drawn while it loads, and stays when it
 * cannot be loaded: without a boundary a missing chunk would take the whole page down.
 */
export function LazyPart({ children, fallback }: { children: ReactNode; fallback: ReactNode }) {
  return (
    <ErrorBoundary fallback={fallback}>
      <Suspense fallback={fallback}>{children}</Suspense>
    </ErrorBoundary>
  );
}
