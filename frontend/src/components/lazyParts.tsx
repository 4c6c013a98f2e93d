import { lazy, type ComponentProps, type ReactNode } from "react";
import { LazyPart } from "./LazyPart";
import { loadPart } from "./loadPart";

/** Fetches the parts; called when the page begins, so that they are there when they are wanted. */
export const loadParts = loadPart(() => import("./parts"));

export const LazyMessageList = lazy(() => loadParts().then((module) => ({ default: module.MessageList })));
const LazySidebar = lazy(() => loadParts().then((module) => ({ default: module.Sidebar })));
const LazySourcePanel = lazy(() => loadParts().then((module) => ({ default: module.SourcePanel })));
const LazyEditMessage = lazy(() => loadParts().then((module) => ({ default: module.EditMessage })));
const LazyDropZone = lazy(() => loadParts().then((module) => ({ default: module.DropZone })));
const LazyPlaceView = lazy(() => loadParts().then((module) => ({ default: module.PlaceView })));
const LazyEmptyState = lazy(() => loadParts().then((module) => ({ default: module.EmptyState })));
const LazyLoadState = lazy(() => loadParts().then((module) => ({ default: module.LoadState })));
const LazyModelBadge = lazy(() => loadParts().then((module) => ({ default: module.ModelBadge })));
const LazyTokenDialog = lazy(() => loadParts().then((module) => ({ default: module.TokenDialog })));

/** The conversation list. Beside the conversation its place is kept until it is there. */
export const Sidebar = (props: ComponentProps<typeof LazySidebar>) => (
  <LazyPart fallback={props.isDrawer ? null : <aside className="sidebar" aria-label="Rill" />}>
    <LazySidebar {...props} />
  </LazyPart>
);

export const SourcePanel = (props: ComponentProps<typeof LazySourcePanel>) => (
  <LazyPart fallback={null}>
    <LazySourcePanel {...props} />
  </LazyPart>
);

export const EditMessage = ({ fallback, ...props }: EditMessageProps) => (
  <LazyPart fallback={fallback}>
    <LazyEditMessage {...props} />
  </LazyPart>
);

type EditMessageProps = ComponentProps<typeof LazyEditMessage> & { readonly fallback: ReactNode };

/** Takes files that are dropped anywhere on the page. */
export const DropZone = () => (
  <LazyPart fallback={null}>
    <LazyDropZone />
  </LazyPart>
);

/** A page beside the conversations. */
export const PlaceView = (props: ComponentProps<typeof LazyPlaceView>) => (
  <LazyPart fallback={<main id="main" className="place" tabIndex={-1} />}>
    <LazyPlaceView {...props} />
  </LazyPart>
);

export const EmptyState = (props: ComponentProps<typeof LazyEmptyState>) => (
  <LazyPart fallback={null}>
    <LazyEmptyState {...props} />
  </LazyPart>
);

export const LoadState = (props: ComponentProps<typeof LazyLoadState>) => (
  <LazyPart fallback={null}>
    <LazyLoadState {...props} />
  </LazyPart>
);

export const ModelBadge = () => (
  <LazyPart fallback={null}>
    <LazyModelBadge />
  </LazyPart>
);

export const TokenDialog = () => (
  <LazyPart fallback={null}>
    <LazyTokenDialog />
  </LazyPart>
);
