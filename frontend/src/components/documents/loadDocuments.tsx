import { lazy, type ComponentProps } from "react";
import { LazyPart } from "../LazyPart";
import { loadPart } from "../loadPart";

/** Fetches what documents need: their store, their pages, and what shows and explains passages. */
export const loadDocuments = loadPart(() => import("./documentsParts"));

export const LazyDocumentsPage = lazy(() =>
  loadDocuments().then((module) => ({ default: module.DocumentsPage })),
);
export const LazyDocumentView = lazy(() =>
  loadDocuments().then((module) => ({ default: module.DocumentView })),
);
export const LazySearchPage = lazy(() => loadDocuments().then((module) => ({ default: module.SearchPage })));
const LazyUploadTray = lazy(() => loadDocuments().then((module) => ({ default: module.UploadTray })));
const LazyPassageReader = lazy(() => loadDocuments().then((module) => ({ default: module.PassageReader })));
const LazyXrayDialog = lazy(() => loadDocuments().then((module) => ({ default: module.XrayDialog })));

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
