/// The tables of runs, their logs and the checkpoints.
enum PostgresRunSchema {
  /// What 1,000 streams write, five times a second each, is an update of `runs` and a row of `run_events`.
  ///
  /// - `runs`: an append changes no column that an index holds, and half of each page is left free, so that the new
  ///   version of a row lands beside the old one and no index is written (a heap-only tuple). A run's id is unique among all
  ///   owners: stop requests and the messages of nodes name runs by it alone.
  /// - `run_events`: one narrow index and no foreign key, whose check would cost more than the row; whoever adds events
  ///   has locked their run. The payload is stored as it is: it lives for hours, and compressing it would cost more than the
  ///   bytes. Up to a page it stays in the row.
  ///
  /// Should the log become too large for one table: `runs.sequence` grows with time, so `run_events` can be partitioned by
  /// ranges of `run`, which is part of its key, and partitions whose runs have all been compacted can be dropped.
  static let tables = """
    CREATE TABLE runs (
      sequence bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      owner text NOT NULL,
      id uuid NOT NULL UNIQUE,
      session_id uuid NOT NULL,
      message_id uuid NOT NULL,
      fingerprint text NOT NULL,
      thread_id text NOT NULL,
      status text NOT NULL,
      last_event_id bigint NOT NULL,
      token_count bigint NOT NULL,
      is_compacted boolean NOT NULL,
      created_at bigint NOT NULL,
      ended_at bigint,
      node uuid NOT NULL,
      incarnation uuid NOT NULL,
      FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE,
      FOREIGN KEY (message_id, owner) REFERENCES messages (id, owner) ON DELETE CASCADE
    ) WITH (fillfactor = 50);
    CREATE INDEX runs_by_session ON runs (session_id);
    CREATE INDEX runs_by_message ON runs (message_id);
    CREATE INDEX runs_running ON runs (owner, sequence) WHERE status = 'running';
    CREATE UNIQUE INDEX runs_running_in_session ON runs (session_id, owner) WHERE status = 'running';
    CREATE UNIQUE INDEX runs_running_for_message ON runs (message_id, owner) WHERE status = 'running';
    CREATE INDEX runs_to_compact ON runs (owner, ended_at) WHERE NOT is_compacted AND ended_at IS NOT NULL;

    CREATE TABLE run_events (
      run bigint NOT NULL,
      last_id bigint NOT NULL,
      first_id bigint NOT NULL,
      token_count bigint NOT NULL,
      payload bytea NOT NULL,
      PRIMARY KEY (run, last_id)
    ) WITH (toast_tuple_target = 8160);
    ALTER TABLE run_events ALTER COLUMN payload SET STORAGE EXTERNAL;

    CREATE TABLE checkpoints (
      owner text NOT NULL,
      thread_id text NOT NULL,
      id bigint NOT NULL,
      graph text NOT NULL,
      step bigint NOT NULL,
      state bytea NOT NULL,
      pending text NOT NULL,
      joins text NOT NULL,
      has_reached_end boolean NOT NULL,
      interrupt text,
      PRIMARY KEY (thread_id, owner, id)
    );

    CREATE FUNCTION rill_forget_runs() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM run_events USING gone WHERE run_events.run = gone.sequence;
      DELETE FROM checkpoints USING gone
      WHERE checkpoints.owner = gone.owner AND checkpoints.thread_id = gone.thread_id;
      RETURN NULL;
    END $$;
    CREATE TRIGGER runs_forget AFTER DELETE ON runs REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION rill_forget_runs();
    """
}
