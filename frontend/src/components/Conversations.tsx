import { LazyPart } from "./LazyPart";
import { LazyConversationList } from "./lazyParts";
import { ListSkeleton } from "./ListSkeleton";

/** The list of conversations. `onLeave` is called when one was chosen, so that a drawer can close. */
export function Conversations({ onLeave }: { onLeave: () => void }) {
  const fallback = (
    <nav className="conversations" aria-label="Conversations">
      <ListSkeleton />
    </nav>
  );
  return (
    <LazyPart fallback={fallback}>
      <LazyConversationList onLeave={onLeave} />
    </LazyPart>
  );
}
