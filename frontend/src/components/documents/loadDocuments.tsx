import type { ComponentProps } from "react";
import { LazyPart } from "../LazyPart";
import { lazyOf, loadPart } from "../loadPart";

/** Fetches what documents need: their store, their pages, and what shows and explains passages. */
export const loadDocuments = loadPart(() => import("./documentsParts"));

export const LazyDocumentsPage = lazyOf(loadDocuments, "DocumentsPage");
export const LazyDocumentView = lazyOf(loadDocuments, "DocumentView");
export const LazySearchPage = lazyOf(loadDocuments, "SearchPage");
const LazyUploadTray = lazyOf(loadDocuments, "UploadTray");
const LazyPassageReader = lazyOf(loadDocuments, "PassageReader");
const LazyXrayDialog = lazyOf(loadDocuments, "XrayDialog");

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
