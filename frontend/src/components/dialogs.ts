/** The dialogs that open on demand, loaded together as one file. */
export { ConfirmDialog } from "./ConfirmDialog";
export { SourcePanel } from "./SourcePanel";
export { TokenDialog } from "./TokenDialog";
