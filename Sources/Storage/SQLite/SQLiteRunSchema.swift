import GRDB

/// The tables of runs, their logs and the checkpoints.
enum SQLiteRunSchema {
  static func create(_ db: Database) throws {
    try db.execute(sql: tables)
    try db.execute(sql: runsOfStoredAnswers)
  }

  /// `run_events` is an ordinary table with an index, not one that is sorted by run: the batches of all runs that are
  /// going on land on the same few pages. With 1,000 runs at once that writes a fifth to an eighth of the bytes, and the
  /// few batches of one run are found fast enough.
  private static let tables = """
    CREATE TABLE runs (
      sequence INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
      message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
      fingerprint TEXT NOT NULL,
      thread_id TEXT NOT NULL,
      status TEXT NOT NULL,
      last_event_id INTEGER NOT NULL,
      token_count INTEGER NOT NULL,
      is_compacted INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      ended_at INTEGER
    );
    CREATE INDEX runs_by_session ON runs (session_id);
    CREATE INDEX runs_by_message ON runs (message_id);
    CREATE UNIQUE INDEX runs_running ON runs (message_id) WHERE status = 'running';
    CREATE INDEX runs_to_compact ON runs (ended_at) WHERE is_compacted = 0 AND ended_at IS NOT NULL;

    CREATE TABLE run_events (
      run INTEGER NOT NULL REFERENCES runs (sequence) ON DELETE CASCADE,
      last_id INTEGER NOT NULL,
      first_id INTEGER NOT NULL,
      token_count INTEGER NOT NULL,
      payload BLOB NOT NULL,
      PRIMARY KEY (run, last_id)
    );

    CREATE TABLE checkpoints (
      thread_id TEXT NOT NULL,
      id INTEGER NOT NULL,
      graph TEXT NOT NULL,
      step INTEGER NOT NULL,
      state BLOB NOT NULL,
      pending TEXT NOT NULL,
      joins TEXT NOT NULL,
      has_reached_end INTEGER NOT NULL,
      interrupt TEXT,
      PRIMARY KEY (thread_id, id)
    );
    CREATE TRIGGER runs_forget_checkpoints AFTER DELETE ON runs BEGIN
      DELETE FROM checkpoints WHERE thread_id = old.thread_id;
    END;
    """

  /// Answers from before runs were stored get one whose log is gone: three events bring a reader to its end (what the
  /// run is, the whole text, how it ended). Nothing is known of the request, so the fingerprint is empty.
  ///
  /// No process can be working on an answer while its database is changed, so one that was is interrupted. The message
  /// itself is left to the start of the server, which also says why.
  private static let runsOfStoredAnswers = """
    INSERT INTO runs
      (id, session_id, message_id, fingerprint, thread_id, status, last_event_id, token_count,
       is_compacted, created_at, ended_at)
    SELECT
      run_id, session_id, id, '', run_id, CASE status WHEN 'running' THEN 'interrupted' ELSE status END, 3,
      CASE WHEN json_valid(answer)
        THEN coalesce(json_extract(answer, '$.usage.completionTokens'), 0) ELSE 0 END,
      1, created_at,
      created_at + CASE WHEN json_valid(answer)
        THEN cast(round(coalesce(json_extract(answer, '$.timings.totalMS'), 0)) AS INTEGER) ELSE 0 END
    FROM messages WHERE run_id IS NOT NULL ORDER BY sequence;
    """
}
