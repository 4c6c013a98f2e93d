import { useCallback, useState } from "react";
import { readBeside, writeBeside } from "./listChoice";
import { useMediaQuery } from "./useMediaQuery";

interface ListVisibility {
  readonly isDrawer: boolean;
  readonly isOpen: boolean;
  readonly toggle: () => void;
  readonly close: () => void;
}

/** Whether the conversation list is shown: beside the conversation as the user left it, as a drawer only on demand. */
export function useListVisibility(): ListVisibility {
  const isDrawer = useMediaQuery("(max-width: 859px)");
  const [isBeside, setBeside] = useState(readBeside);
  const [isDrawn, setDrawn] = useState(false);
  const toggle = useCallback(() => {
    if (isDrawer) setDrawn((isOpen) => !isOpen);
    else {
      setBeside(!isBeside);
      writeBeside(!isBeside);
    }
  }, [isDrawer, isBeside]);
  const close = useCallback(() => setDrawn(false), []);
  return { isDrawer, isOpen: isDrawer ? isDrawn : isBeside, toggle, close };
}
