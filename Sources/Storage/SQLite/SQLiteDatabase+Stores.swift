public import Graph

extension SQLiteDatabase: RillDatabase {
  public func stores(of owner: Owner) -> Stores {
    Stores(
      conversations: conversations, runs: runs, checkpointer: checkpointer, knowledge: knowledge,
      ingestion: ingestion, embeddings: embeddings, settings: self, health: self)
  }

  public var cluster: (any Cluster)? { nil }
}
