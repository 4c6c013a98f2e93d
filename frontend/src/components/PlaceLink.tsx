import type { MouseEvent, ReactNode } from "react";
import { useChatState, useChatStore } from "../hooks/storeContext";

interface PlaceLinkProps {
  /** A path of the page's own, with its query. */
  readonly address: string;
  readonly className?: string;
  readonly title?: string;
  readonly onLeave?: () => void;
  readonly children: ReactNode;
}

/** A link to another place of the page. It changes the address without loading the page again. */
export function PlaceLink({ address, className = "place-link", title, onLeave, children }: PlaceLinkProps) {
  const store = useChatStore();
  const path = useChatState((state) => state.place?.path ?? "/");
  return (
    <a
      href={address}
      className={className}
      title={title}
      aria-current={path === address.split("?")[0] ? "page" : undefined}
      onClick={(event) => {
        if (isModified(event)) return;
        event.preventDefault();
        store.go(address);
        onLeave?.();
      }}
    >
      {children}
    </a>
  );
}

/** Keys that mean "in another tab or window". */
export function isModified(event: MouseEvent): boolean {
  return event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
}
