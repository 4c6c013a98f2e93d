import GRDB
import Graph

/// Gives every row an owner: those that are there belong to ``Owner/everyone``.
///
/// SQLite cannot add a column that must be given, nor change what is unique, so these tables are made anew. Their rows
/// keep their numbers, which others refer to; the migrator checks all references at the end. Messages, chunks, events and
/// vectors have the owner of what they belong to.
enum SQLiteOwnerSchema {
  static func create(_ db: Database) throws {
    try db.execute(sql: secondRuns)
    // Their texts name tables that are gone for a moment.
    for trigger in [
      "runs_forget_checkpoints", "chunks_enqueue", "chunk_vectors_added", "chunk_vectors_removed",
    ] {
      try db.execute(sql: "DROP TRIGGER \(trigger)")
    }
    for table in conversations + knowledge { try rebuild(table, db) }
    try db.execute(sql: indexes)
    try db.execute(sql: triggers)
  }

  private struct Table {
    let name: String
    let definition: String
  }

  private static func rebuild(_ table: Table, _ db: Database) throws {
    let columns = try db.columns(in: table.name).map(\.name).joined(separator: ", ")
    let new = "new_\(table.name)"
    try db.execute(sql: "CREATE TABLE \(new) (\(table.definition))")
    try db.execute(
      sql: "INSERT INTO \(new) (owner, \(columns)) SELECT ?, \(columns) FROM \(table.name)",
      arguments: [Owner.everyone.id])
    // A number is never used again, also that of a row which is gone.
    try db.execute(sql: "DELETE FROM sqlite_sequence WHERE name = ?", arguments: [new])
    try db.execute(
      sql: "INSERT INTO sqlite_sequence (name, seq) SELECT ?, seq FROM sqlite_sequence WHERE name = ?",
      arguments: [new, table.name])
    try db.execute(sql: "DROP TABLE \(table.name); ALTER TABLE \(new) RENAME TO \(table.name)")
  }

  /// From now on one run at most is going on in a session. There should be no second one; if there is, the newest goes on.
  private static let secondRuns = """
    UPDATE runs SET status = 'interrupted', ended_at = created_at
    WHERE status = 'running' AND EXISTS (
      SELECT 1 FROM runs AS newer
      WHERE newer.session_id = runs.session_id AND newer.status = 'running' AND newer.sequence > runs.sequence
    );
    """

  private static let conversations = [
    Table(
      name: "sessions",
      definition: """
        id TEXT PRIMARY KEY NOT NULL,
        owner TEXT NOT NULL,
        title TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
        """),
    Table(
      name: "runs",
      definition: """
        sequence INTEGER PRIMARY KEY,
        owner TEXT NOT NULL,
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
        """),
    Table(
      name: "checkpoints",
      definition: """
        owner TEXT NOT NULL,
        thread_id TEXT NOT NULL,
        id INTEGER NOT NULL,
        graph TEXT NOT NULL,
        step INTEGER NOT NULL,
        state BLOB NOT NULL,
        pending TEXT NOT NULL,
        joins TEXT NOT NULL,
        has_reached_end INTEGER NOT NULL,
        interrupt TEXT,
        PRIMARY KEY (owner, thread_id, id)
        """),
    Table(
      name: "settings",
      definition: """
        owner TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (owner, key)
        """),
  ]

  private static let knowledge = [
    Table(
      name: "documents",
      definition: """
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        source TEXT NOT NULL,
        media_type TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        byte_count INTEGER NOT NULL,
        chunk_count INTEGER NOT NULL,
        page_count INTEGER,
        created_at INTEGER NOT NULL,
        UNIQUE (owner, source),
        UNIQUE (content_hash, owner)
        """),
    Table(
      name: "ingestion_jobs",
      definition: """
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL,
        document_id TEXT NOT NULL UNIQUE,
        source TEXT NOT NULL,
        media_type TEXT,
        content_hash TEXT NOT NULL,
        byte_count INTEGER NOT NULL,
        state TEXT NOT NULL,
        failure_code TEXT,
        failure_message TEXT,
        attempts INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
        """),
    Table(
      name: "embedding_models",
      definition: """
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL,
        id TEXT NOT NULL,
        dimension INTEGER NOT NULL,
        max_tokens INTEGER,
        is_serving INTEGER NOT NULL,
        is_retired INTEGER NOT NULL DEFAULT 0,
        version INTEGER NOT NULL DEFAULT 0,
        removals INTEGER NOT NULL DEFAULT 0,
        UNIQUE (owner, id)
        """),
  ]

  private static let indexes = """
    CREATE INDEX sessions_by_update ON sessions (owner, updated_at, id);

    CREATE INDEX runs_by_session ON runs (session_id);
    CREATE INDEX runs_by_message ON runs (message_id);
    CREATE UNIQUE INDEX runs_running ON runs (message_id) WHERE status = 'running';
    CREATE UNIQUE INDEX runs_running_by_session ON runs (session_id) WHERE status = 'running';
    CREATE INDEX runs_to_compact ON runs (owner, ended_at) WHERE is_compacted = 0 AND ended_at IS NOT NULL;

    CREATE INDEX documents_by_time ON documents (owner, created_at);
    CREATE INDEX documents_chunk_counts ON documents (owner, chunk_count);

    CREATE INDEX ingestion_jobs_by_state ON ingestion_jobs (owner, state, created_at);
    CREATE INDEX ingestion_jobs_by_source ON ingestion_jobs (owner, source);
    CREATE INDEX ingestion_jobs_by_hash ON ingestion_jobs (content_hash);
    CREATE INDEX ingestion_jobs_by_time ON ingestion_jobs (owner, created_at);
    """

  private static let triggers = """
    CREATE TRIGGER runs_forget_checkpoints AFTER DELETE ON runs BEGIN
      DELETE FROM checkpoints WHERE owner = old.owner AND thread_id = old.thread_id;
    END;
    CREATE TRIGGER chunks_enqueue AFTER INSERT ON chunks BEGIN
      INSERT INTO embedding_queue (model, created_at, document, chunk)
      SELECT embedding_models.sequence, documents.created_at, documents.sequence, new.sequence
      FROM documents JOIN embedding_models ON embedding_models.owner = documents.owner
      WHERE documents.id = new.document_id;
    END;
    CREATE TRIGGER chunk_vectors_added AFTER INSERT ON chunk_vectors BEGIN
      UPDATE embedding_models SET version = version + 1 WHERE sequence = new.model;
      DELETE FROM embedding_queue WHERE chunk = new.chunk AND model = new.model;
    END;
    CREATE TRIGGER chunk_vectors_removed AFTER DELETE ON chunk_vectors BEGIN
      UPDATE embedding_models SET version = version + 1, removals = removals + 1
      WHERE sequence = old.model;
    END;
    """
}
