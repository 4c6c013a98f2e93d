/// The tables of the nodes and of what they must not miss of each other.
enum PostgresClusterSchema {
  /// A node keeps its id when its process starts again; the incarnation is that of the process. What a process has taken on
  /// is told from what its successor does by it.
  static let tables = """
    CREATE TABLE nodes (
      id uuid PRIMARY KEY,
      incarnation uuid NOT NULL,
      lease_until timestamptz NOT NULL,
      started_at timestamptz NOT NULL DEFAULT clock_timestamp()
    ) WITH (fillfactor = 50);

    CREATE TABLE run_stops (
      run_id uuid PRIMARY KEY,
      requested_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX run_stops_by_time ON run_stops (requested_at);
    """

  /// What transactions leave, so that one whose end nobody heard of is known to be there; see ``PostgresWrite``.
  static let writes = """
    CREATE TABLE writes (
      id uuid PRIMARY KEY,
      written_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX writes_by_time ON writes (written_at);
    """
}
