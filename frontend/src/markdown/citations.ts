import { createContext } from "react";

/** What a citation mark needs to know of the answer that it stands in. */
export interface Citations {
  /** Whether the answer has a source of that number. */
  has(number: number): boolean;
  /** Title for the mark's label. */
  title(number: number): string;
  /** Shows the passage beside the mark that was pressed. */
  open(number: number, mark: HTMLElement): void;
}

/** Without sources every mark stays text. */
export const CitationContext = createContext<Citations | null>(null);
