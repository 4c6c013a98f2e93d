public import Graph

extension SQLiteDatabase: RillDatabase {
  public func stores(of owner: Owner) -> Stores {
    Stores(
      conversations: SQLiteConversationStore(database: self, owner: owner),
      runs: SQLiteRunStore(database: self, owner: owner),
      checkpointer: SQLiteCheckpointer(database: self, owner: owner),
      knowledge: SQLiteKnowledgeStore(database: self, owner: owner),
      ingestion: SQLiteIngestionStore(database: self, owner: owner),
      embeddings: SQLiteEmbeddingStore(database: self, owner: owner),
      settings: SQLiteSettingStore(database: self, owner: owner), health: self)
  }

  public var cluster: (any Cluster)? { nil }
}
