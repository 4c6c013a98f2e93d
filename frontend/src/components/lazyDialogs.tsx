import { lazy, type ComponentProps } from "react";
import { LazyPart } from "./LazyPart";

/** Fetches the dialogs' code; called when the page has been drawn, so that it is there when one is wanted. */
export const loadDialogs = () => import("./dialogs");

const LazySourcePanel = lazy(() => loadDialogs().then((module) => ({ default: module.SourcePanel })));
const LazyConfirmDialog = lazy(() => loadDialogs().then((module) => ({ default: module.ConfirmDialog })));
const LazyTokenDialog = lazy(() => loadDialogs().then((module) => ({ default: module.TokenDialog })));

export const SourcePanel = (props: ComponentProps<typeof LazySourcePanel>) => (
  <LazyPart fallback={null}>
    <LazySourcePanel {...props} />
  </LazyPart>
);

export const ConfirmDialog = (props: ComponentProps<typeof LazyConfirmDialog>) => (
  <LazyPart fallback={null}>
    <LazyConfirmDialog {...props} />
  </LazyPart>
);

export const TokenDialog = () => (
  <LazyPart fallback={null}>
    <LazyTokenDialog />
  </LazyPart>
);
