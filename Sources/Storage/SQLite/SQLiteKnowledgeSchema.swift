import GRDB

/// The tables of texts, vectors and of the files that wait to be read.
enum SQLiteKnowledgeSchema {
  static func create(_ db: Database) throws {
    try db.execute(sql: texts)
    try db.execute(sql: jobs)
    try db.execute(sql: vectors)
    try db.execute(sql: queue)
  }

  /// A text is stored in parts, so that a window of a large one is read without the rest.
  ///
  /// A chunk of a replaced document that is still there keeps its row, and with it its vectors; its words are indexed anew
  /// only when they have changed.
  private static let texts = """
    ALTER TABLE documents ADD COLUMN page_count INTEGER;
    ALTER TABLE chunks ADD COLUMN page INTEGER;

    CREATE TRIGGER chunks_reindex AFTER UPDATE OF title, headings, text ON chunks
    WHEN old.title <> new.title OR old.headings <> new.headings OR old.text <> new.text BEGIN
      INSERT INTO chunks_fts (chunks_fts, rowid, title, headings, text)
      VALUES ('delete', old.sequence, old.title, old.headings, old.text);
      INSERT INTO chunks_fts (rowid, title, headings, text)
      VALUES (new.sequence, new.title, new.headings, new.text);
    END;

    CREATE TABLE document_texts (
      document INTEGER PRIMARY KEY REFERENCES documents (sequence) ON DELETE CASCADE,
      structure BLOB NOT NULL
    );
    CREATE TABLE document_text_parts (
      document INTEGER NOT NULL REFERENCES document_texts (document) ON DELETE CASCADE,
      start INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (document, start)
    );
    """

  private static let jobs = """
    CREATE TABLE ingestion_jobs (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
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
    );
    CREATE INDEX ingestion_jobs_by_state ON ingestion_jobs (state, created_at);
    CREATE INDEX ingestion_jobs_by_source ON ingestion_jobs (source);
    CREATE INDEX ingestion_jobs_by_hash ON ingestion_jobs (content_hash);
    CREATE INDEX ingestion_jobs_by_time ON ingestion_jobs (created_at);
    """

  /// What the index in memory must know of each vector stands in small rows of its own, so that comparing a hundred
  /// thousand of them with a file takes milliseconds. A number of a vector or a model is never used again.
  ///
  /// A retired model is one whose vectors are being deleted; its id is free for a new one.
  ///
  /// `version` of a model changes with each of its vectors, and `removals` with each that goes: reading two numbers
  /// tells whether an index is up to date.
  private static let vectors = """
    CREATE TABLE embedding_models (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      dimension INTEGER NOT NULL,
      max_tokens INTEGER,
      is_serving INTEGER NOT NULL,
      is_retired INTEGER NOT NULL DEFAULT 0,
      version INTEGER NOT NULL DEFAULT 0,
      removals INTEGER NOT NULL DEFAULT 0
    );

    CREATE TABLE chunk_vectors (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      model INTEGER NOT NULL REFERENCES embedding_models (sequence) ON DELETE CASCADE,
      chunk INTEGER NOT NULL REFERENCES chunks (sequence) ON DELETE CASCADE,
      document INTEGER NOT NULL,
      fingerprint INTEGER NOT NULL,
      UNIQUE (model, chunk)
    );
    CREATE INDEX chunk_vectors_by_chunk ON chunk_vectors (chunk);
    CREATE TABLE chunk_vector_values (
      vector INTEGER PRIMARY KEY REFERENCES chunk_vectors (sequence) ON DELETE CASCADE,
      value BLOB NOT NULL
    );
    CREATE TABLE chunk_vector_spans (
      vector INTEGER PRIMARY KEY REFERENCES chunk_vectors (sequence) ON DELETE CASCADE,
      value BLOB NOT NULL
    );
    CREATE TRIGGER chunk_vectors_added AFTER INSERT ON chunk_vectors BEGIN
      UPDATE embedding_models SET version = version + 1 WHERE sequence = new.model;
      DELETE FROM embedding_queue WHERE chunk = new.chunk AND model = new.model;
    END;
    CREATE TRIGGER chunk_vectors_removed AFTER DELETE ON chunk_vectors BEGIN
      UPDATE embedding_models SET version = version + 1, removals = removals + 1
      WHERE sequence = old.model;
    END;
    """

  /// For every model, each chunk has a vector or stands here. What waits is found without looking at what is done.
  private static let queue = """
    CREATE TABLE embedding_queue (
      model INTEGER NOT NULL REFERENCES embedding_models (sequence) ON DELETE CASCADE,
      created_at INTEGER NOT NULL,
      document INTEGER NOT NULL,
      chunk INTEGER NOT NULL REFERENCES chunks (sequence) ON DELETE CASCADE,
      PRIMARY KEY (model, created_at, document, chunk)
    ) WITHOUT ROWID;
    CREATE INDEX embedding_queue_by_chunk ON embedding_queue (chunk);
    CREATE INDEX embedding_queue_by_document ON embedding_queue (document, model);
    CREATE TRIGGER chunks_enqueue AFTER INSERT ON chunks BEGIN
      INSERT INTO embedding_queue (model, created_at, document, chunk)
      SELECT embedding_models.sequence, documents.created_at, documents.sequence, new.sequence
      FROM embedding_models JOIN documents ON documents.id = new.document_id;
    END;
    """
}
