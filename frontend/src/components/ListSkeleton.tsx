/** Where conversations will be listed. */
export function ListSkeleton() {
  return (
    <div className="list-skeleton" aria-hidden="true">
      <span />
      <span />
      <span />
    </div>
  );
}
