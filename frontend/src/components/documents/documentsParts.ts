/** Everything about documents that the page can begin without. Loaded together, as one file. */
export { PassageReader } from "../reader/PassageReader";
export { XrayDialog } from "../xray/XrayDialog";
export { SearchPage } from "../xray/SearchPage";
export { DocumentsPage } from "./DocumentsPage";
export { DocumentView } from "./DocumentView";
export { UploadTray } from "./UploadTray";
export { documentsOf } from "../../documents";
export { filesOf, readEntries } from "../../documents/folderReader";
