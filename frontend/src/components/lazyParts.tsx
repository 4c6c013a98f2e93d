import type { ComponentProps, ReactNode } from "react";
import { LazyPart } from "./LazyPart";
import { lazyOf, loadPart } from "./loadPart";

/** Fetches the parts; called when the page begins, so that they are there when they are wanted. */
export const loadParts = loadPart(() => import("./parts"));

export const LazyMessageList = lazyOf(loadParts, "MessageList");
const LazyAnnouncer = lazyOf(loadParts, "Announcer");
const LazyChatNotices = lazyOf(loadParts, "ChatNotices");
const LazyJumpButton = lazyOf(loadParts, "JumpButton");
const LazySidebar = lazyOf(loadParts, "Sidebar");
const LazySourcePanel = lazyOf(loadParts, "SourcePanel");
const LazyEditMessage = lazyOf(loadParts, "EditMessage");
const LazyDropZone = lazyOf(loadParts, "DropZone");
const LazyPlaceView = lazyOf(loadParts, "PlaceView");
const LazyEmptyState = lazyOf(loadParts, "EmptyState");
const LazyLoadState = lazyOf(loadParts, "LoadState");
const LazyModelBadge = lazyOf(loadParts, "ModelBadge");
const LazyThemeToggle = lazyOf(loadParts, "ThemeToggle");
const LazyTokenDialog = lazyOf(loadParts, "TokenDialog");

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

export const Announcer = (props: ComponentProps<typeof LazyAnnouncer>) => (
  <LazyPart fallback={null}>
    <LazyAnnouncer {...props} />
  </LazyPart>
);

export const ChatNotices = (props: ComponentProps<typeof LazyChatNotices>) => (
  <LazyPart fallback={null}>
    <LazyChatNotices {...props} />
  </LazyPart>
);

export const JumpButton = (props: ComponentProps<typeof LazyJumpButton>) => (
  <LazyPart fallback={null}>
    <LazyJumpButton {...props} />
  </LazyPart>
);

export const ThemeToggle = () => (
  <LazyPart fallback={<span className="icon-button" />}>
    <LazyThemeToggle />
  </LazyPart>
);

export const TokenDialog = () => (
  <LazyPart fallback={null}>
    <LazyTokenDialog />
  </LazyPart>
);
