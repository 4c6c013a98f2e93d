/**
 * What the page can begin without: messages and conversations, which come from the server later than this, first words,
 * and what opens on demand. Loaded together, as one file.
 */
export { Announcer } from "./Announcer";
export { ChatNotices, JumpButton } from "./ChatNotices";
export { DropZone } from "./documents/DropZone";
export { EditMessage } from "./EditMessage";
export { EmptyState } from "./EmptyState";
export { LoadState } from "./LoadState";
export { MessageList } from "./MessageList";
export { ModelBadge } from "./ModelBadge";
export { PlaceView } from "./documents/PlaceView";
export { Sidebar } from "./Sidebar";
export { SourcePanel } from "./SourcePanel";
export { startTheme } from "./theme";
export { ThemeToggle } from "./ThemeToggle";
export { TokenDialog } from "./TokenDialog";
export { watchScroller } from "./watchScroller";
