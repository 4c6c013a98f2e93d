/// The tables of documents, chunks and of what waits for its vector. Those of the vectors themselves need an extension:
/// see ``PostgresVectorExtension``.
enum PostgresKnowledgeSchema {
  static let tables = documents + chunks + texts + queue

  /// - `label`: title and source in lower case, as Swift makes it: the server's `lower` depends on its locale.
  /// - `word_count`: of all chunks together, for their mean length.
  private static let documents = """
    CREATE TABLE documents (
      sequence bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      owner text NOT NULL,
      id uuid NOT NULL,
      title text NOT NULL,
      source text COLLATE "C" NOT NULL,
      label text NOT NULL,
      media_type text NOT NULL,
      content_hash text NOT NULL,
      byte_count bigint NOT NULL,
      chunk_count bigint NOT NULL,
      word_count bigint NOT NULL,
      page_count bigint,
      created_at bigint NOT NULL,
      UNIQUE (owner, id),
      UNIQUE (owner, source),
      UNIQUE (owner, content_hash)
    );
    CREATE INDEX documents_by_time ON documents (owner, created_at, sequence);

    """

  /// - `words`: the stems of title, headings and text with their places, made by ``ChunkWords``. They are stored as they
  ///   are, and beside the rest of the row as long as it fits into a page: a search reads those of thousands of chunks.
  /// - `chunks_by_words`: new chunks wait in a list, which is merged into the index when it has grown. With the server's 4 MB
  /// 20,000 chunks were stored in 9 s, without the list in 33 s. Each search reads the list, so it is kept to 1 MB.
  private static let chunks = """
    CREATE TABLE chunks (
      sequence bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      owner text NOT NULL,
      document bigint NOT NULL REFERENCES documents (sequence) ON DELETE CASCADE,
      id uuid NOT NULL,
      ordinal bigint NOT NULL,
      headings text NOT NULL,
      text text NOT NULL,
      byte_start bigint NOT NULL,
      byte_end bigint NOT NULL,
      page bigint,
      word_count bigint NOT NULL,
      words tsvector NOT NULL,
      UNIQUE (owner, id),
      UNIQUE (document, ordinal)
    ) WITH (toast_tuple_target = 8160);
    ALTER TABLE chunks ALTER COLUMN words SET STORAGE EXTERNAL;
    ALTER TABLE chunks ALTER COLUMN words SET STATISTICS 500;
    CREATE INDEX chunks_by_words ON chunks USING gin (words)
      WITH (fastupdate = on, gin_pending_list_limit = 1024);

    """

  /// A text is stored in parts, so that a window of a large one is read without the rest.
  private static let texts = """
    CREATE TABLE document_texts (
      document bigint PRIMARY KEY REFERENCES documents (sequence) ON DELETE CASCADE,
      structure bytea NOT NULL
    );
    CREATE TABLE document_text_parts (
      document bigint NOT NULL REFERENCES document_texts (document) ON DELETE CASCADE,
      start bigint NOT NULL,
      bytes bytea NOT NULL,
      PRIMARY KEY (document, start)
    );

    """

  /// For every model, each chunk has a vector or stands in the queue. What waits is found without looking at what is done.
  /// A chunk that a node has taken is left to it for a while: `taken_by` is the incarnation of that node.
  ///
  /// A model belongs to one owner, so that whatever names a model – a vector, an index – is of one owner alone. A retired
  /// model is one whose vectors are being deleted; its id is free for a new one.
  private static let queue = """
    CREATE TABLE embedding_models (
      sequence bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      owner text NOT NULL,
      id text NOT NULL,
      dimension bigint NOT NULL,
      max_tokens bigint,
      is_serving boolean NOT NULL,
      is_retired boolean NOT NULL DEFAULT false,
      UNIQUE (owner, id)
    );
    CREATE TABLE embedding_queue (
      model bigint NOT NULL REFERENCES embedding_models (sequence) ON DELETE CASCADE,
      created_at bigint NOT NULL,
      document bigint NOT NULL,
      chunk bigint NOT NULL REFERENCES chunks (sequence) ON DELETE CASCADE,
      taken_by uuid,
      taken_at timestamptz,
      PRIMARY KEY (model, created_at, document, chunk)
    ) WITH (fillfactor = 70);
    CREATE INDEX embedding_queue_by_chunk ON embedding_queue (chunk);
    CREATE INDEX embedding_queue_by_document ON embedding_queue (document, model);
    """
}
