import { createContext } from "react";

/** What a citation mark needs to know of the answer that it stands in. */
export interface Citations {
  /** Whether the answer has a source of that number. */
  has(number: number): boolean;
  /** Title for the mark's label. */
  title(number: number): string;
  /** Whether the document behind it has been deleted. */
  isRemoved(number: number): boolean;
  /** Shows the passage. */
  open(number: number): void;
}

/** Without sources every mark stays text. */
export const CitationContext = createContext<Citations | null>(null);
