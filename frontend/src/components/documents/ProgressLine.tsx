interface ProgressLineProps {
  /** 0…1; null when it is not known how much there is to do. */
  readonly share: number | null;
  /** Nothing happens yet. */
  readonly isIdle?: boolean;
}

/** A thin line that fills. The text beside it says the same in words. */
export function ProgressLine({ share, isIdle = false }: ProgressLineProps) {
  const kind = isIdle ? "idle" : share === null ? "unknown" : "known";
  return (
    <span className="progress-line" data-kind={kind} aria-hidden="true">
      <span style={{ transform: `scaleX(${(kind === "known" ? (share ?? 0) : 0.3).toFixed(3)})` }} />
    </span>
  );
}
