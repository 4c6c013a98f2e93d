import { PlaceLink } from "../PlaceLink";

/** The two pages about documents. */
export function PlaceTabs() {
  return (
    <nav className="place-tabs" aria-label="Documents">
      <PlaceLink address="/documents" className="place-tab">
        All documents
      </PlaceLink>
      <PlaceLink address="/search" className="place-tab">
        Try a search
      </PlaceLink>
    </nav>
  );
}
