import type { StageWarning } from "../types/streaming";

/** What went less well than it should have while an answer was made: told quietly, since there is an answer. */
export function StageWarnings({ warnings }: { warnings: readonly StageWarning[] }) {
  return (
    <ul className="stage-warnings" data-testid="warnings">
      {warnings.map(({ stage, message }, index) => (
        <li key={index} data-stage={stage}>
          {message}
        </li>
      ))}
    </ul>
  );
}
