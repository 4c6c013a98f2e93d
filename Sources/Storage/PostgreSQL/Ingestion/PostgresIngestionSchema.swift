/// The tables of the files that wait to be read, and of the files themselves.
enum PostgresIngestionSchema {
  /// A file belongs to one owner: who uploads what another owner has uploaded stores it again, and learns nothing of it.
  ///
  /// It is stored in parts of 1 MiB, each with a statement of its own, and nobody sees it before `saved_at` is set. Its bytes
  /// are stored as they are: most formats are compressed already, and a part can be read from its middle.
  static let tables = """
    CREATE TABLE ingestion_jobs (
      sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
      owner text NOT NULL,
      document_id uuid NOT NULL,
      source text NOT NULL,
      media_type text,
      content_hash text NOT NULL,
      byte_count bigint NOT NULL,
      state text NOT NULL,
      failure_code text,
      failure_message text,
      attempts bigint NOT NULL,
      created_at bigint NOT NULL,
      updated_at bigint NOT NULL,
      node uuid,
      incarnation uuid,
      PRIMARY KEY (document_id, owner)
    );
    CREATE INDEX ingestion_jobs_by_state ON ingestion_jobs (owner, state, created_at, sequence);
    CREATE INDEX ingestion_jobs_by_source ON ingestion_jobs (md5(source), owner);
    CREATE INDEX ingestion_jobs_by_hash ON ingestion_jobs (content_hash, owner);
    CREATE INDEX ingestion_jobs_by_time ON ingestion_jobs (owner, created_at, sequence);

    CREATE TABLE originals (
      sequence bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      owner text NOT NULL,
      content_hash text NOT NULL,
      byte_count bigint NOT NULL,
      begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      saved_at timestamptz
    );
    CREATE UNIQUE INDEX originals_saved ON originals (content_hash, owner) WHERE saved_at IS NOT NULL;
    CREATE INDEX originals_begun ON originals (owner, begun_at) WHERE saved_at IS NULL;

    CREATE TABLE original_parts (
      original bigint NOT NULL REFERENCES originals (sequence) ON DELETE CASCADE,
      number bigint NOT NULL,
      bytes bytea NOT NULL,
      PRIMARY KEY (original, number)
    );
    ALTER TABLE original_parts ALTER COLUMN bytes SET STORAGE EXTERNAL;
    """
}
