import { useEffect, useRef } from "react";
import type { Place } from "../../store";
import { LazyPart } from "../LazyPart";
import { LazyDocumentsPage, LazyDocumentView, LazySearchPage } from "./loadDocuments";

/** The page beside the conversations that an address names: the documents, one of them, or the search. */
export function PlaceView({ place }: { place: NonNullable<Place> }) {
  const main = useRef<HTMLElement>(null);
  const { path, query } = place;
  useEffect(() => {
    // Whoever came by a link goes on reading here; a field that has the focus keeps it.
    const focused = document.activeElement;
    if (focused === null || !focused.matches("input, textarea, select")) {
      main.current?.focus({ preventScroll: true });
    }
  }, [path]);
  const waiting = (
    <div className="place-waiting" role="status">
      <span className="visually-hidden">Loading…</span>
    </div>
  );
  return (
    <main id="main" ref={main} className="place" tabIndex={-1}>
      <LazyPart fallback={waiting}>
        <PlaceContent path={path.replace(/\/$/, "")} query={query} />
      </LazyPart>
    </main>
  );
}

function PlaceContent({ path, query }: NonNullable<Place>) {
  if (path === "/search") return <LazySearchPage query={query} />;
  const id = /^\/documents\/([^/]+)$/.exec(path)?.[1];
  return id === undefined ? <LazyDocumentsPage /> : <LazyDocumentView key={id} id={id} query={query} />;
}
