import type { ComponentProps } from "react";
import { LazyPart } from "../LazyPart";
import { lazyOf, loadPart } from "../loadPart";

/** Fetches what documents need: their store, their pages, and what shows and explains passages. */
export const loadDocuments = loadPart(() => import("./documentsParts"));

export const LazyDocumentsPage = lazyOf(loadDocuments, (module) => module.DocumentsPage);
export const LazyDocumentView = lazyOf(loadDocuments, (module) => module.DocumentView);
export const LazySearchPage = lazyOf(loadDocuments, (module) => module.SearchPage);
const LazyUploadTray = lazyOf(loadDocuments, (module) => module.UploadTray);
const LazyPassageReader = lazyOf(loadDocuments, (module) => module.PassageReader);
const LazyXrayDialog = lazyOf(loadDocuments, (module) => module.XrayDialog);

/** What is being sent, in the corner of the page. */
export const UploadTray = () => (
  <LazyPart fallback={null}>
    <LazyUploadTray />
  </LazyPart>
);

/** The document at the passage; the fallback stays when the code for it cannot be loaded. */
export const PassageReader = (props: ComponentProps<typeof LazyPassageReader>) => (
  <LazyPart fallback={props.fallback}>
    <LazyPassageReader {...props} />
  </LazyPart>
);

export const XrayDialog = (props: ComponentProps<typeof LazyXrayDialog>) => (
  <LazyPart fallback={null}>
    <LazyXrayDialog {...props} />
  </LazyPart>
);
