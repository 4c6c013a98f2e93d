/// The tables of documents, chunks and vectors.
enum PostgresKnowledgeSchema {
  static let tables = """
    """
}
