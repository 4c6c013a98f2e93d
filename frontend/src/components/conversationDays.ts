import type { Session } from "../types/rest";

/** Conversations of one heading in the list. */
export interface ConversationGroup {
  readonly label: string;
  readonly sessions: readonly Session[];
}

const dayLength = 86_400_000;

/** Groups conversations, newest first, by the day of their last change on this machine's calendar. */
export function groupByDay(sessions: readonly Session[], now: Date): readonly ConversationGroup[] {
  const groups = new Map<string, Session[]>();
  for (const session of sessions) {
    const label = dayLabel(new Date(session.updated_at), now);
    const group = groups.get(label);
    if (group) group.push(session);
    else groups.set(label, [session]);
  }
  return [...groups].map(([label, grouped]) => ({ label, sessions: grouped }));
}

/** "Today", "Yesterday", "Last 7 days", else the month. */
export function dayLabel(time: Date, now: Date): string {
  // Noon to noon, so that a day of 23 or 25 hours still counts as one.
  const days = Math.round((noonOf(now) - noonOf(time)) / dayLength);
  if (Number.isNaN(days)) return "Earlier";
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return "Last 7 days";
  const isThisYear = time.getFullYear() === now.getFullYear();
  return time.toLocaleDateString("en", isThisYear ? { month: "long" } : { month: "long", year: "numeric" });
}

function noonOf(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate(), 12).getTime();
}
