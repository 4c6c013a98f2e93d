/**
 * What the page can begin without: messages and the list of conversations, which come from the server later than this,
 * and what opens on demand. Loaded together, as one file.
 */
export { ConfirmDialog } from "./ConfirmDialog";
export { ConversationList } from "./ConversationList";
export { EditMessage } from "./EditMessage";
export { MessageList } from "./MessageList";
export { SourcePanel } from "./SourcePanel";
export { TokenDialog } from "./TokenDialog";
