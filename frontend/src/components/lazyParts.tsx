import { lazy, type ComponentProps, type ReactNode } from "react";
import { LazyPart } from "./LazyPart";
import { loadPart } from "./loadPart";

/** Fetches the parts; called when the page begins, so that they are there when they are wanted. */
export const loadParts = loadPart(() => import("./parts"));

export const LazyMessageList = lazy(() => loadParts().then((module) => ({ default: module.MessageList })));
export const LazyConversationList = lazy(() =>
  loadParts().then((module) => ({ default: module.ConversationList })),
);
const LazySourcePanel = lazy(() => loadParts().then((module) => ({ default: module.SourcePanel })));
const LazyConfirmDialog = lazy(() => loadParts().then((module) => ({ default: module.ConfirmDialog })));
const LazyEditMessage = lazy(() => loadParts().then((module) => ({ default: module.EditMessage })));
const LazyTokenDialog = lazy(() => loadParts().then((module) => ({ default: module.TokenDialog })));

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

export const EditMessage = ({ fallback, ...props }: EditMessageProps) => (
  <LazyPart fallback={fallback}>
    <LazyEditMessage {...props} />
  </LazyPart>
);

type EditMessageProps = ComponentProps<typeof LazyEditMessage> & { readonly fallback: ReactNode };

export const TokenDialog = () => (
  <LazyPart fallback={null}>
    <LazyTokenDialog />
  </LazyPart>
);
