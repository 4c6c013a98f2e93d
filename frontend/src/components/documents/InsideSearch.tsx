import { useEffect, useState } from "react";
import { SearchIcon } from "./documentIcons";

/** Milliseconds after the last key until the document is searched. */
const PAUSE = 250;

/** Finds words inside one document. */
export function InsideSearch({ value, onChange }: { value: string; onChange: (words: string) => void }) {
  const [text, setText] = useState(value);
  const [last, setLast] = useState(value);
  if (value !== last) {
    // It was emptied from elsewhere, or is what was written here.
    setLast(value);
    setText(value);
  }
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <div className="search-field" role="search" aria-label="In this document">
      <SearchIcon />
      <input
        type="search"
        className="field"
        aria-label="Search in this document"
        placeholder="Search inside"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}
