import { useChatStore } from "../../hooks/storeContext";
import { PlaceTabs } from "../documents/PlaceTabs";
import { SearchLab } from "./SearchLab";

/** Searches as an answer would, and shows the reasons. The address keeps the question. */
export function SearchPage({ query }: { query: string }) {
  const store = useChatStore();
  const question = new URLSearchParams(query).get("q") ?? "";
  return (
    <div className="place-scroller">
      <div className="place-column">
        <PlaceTabs />
        <SearchLab
          question={question}
          sources={[]}
          onLeave={() => {}}
          onSearched={(q) => store.go(`/search?q=${encodeURIComponent(q)}`, "replace")}
        />
      </div>
    </div>
  );
}
