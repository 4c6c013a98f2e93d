public import Graph

/// A database that Rill keeps everything in: SQLite for one process, PostgreSQL for any number of them.
public protocol RillDatabase: Sendable {
  /// The stores of an owner's rows. There is no other way to a store, so no query can forget whose rows it is about.
  func stores(of owner: Owner) -> Stores
  /// The other processes that use this database; `nil` when it serves one at a time.
  var cluster: (any Cluster)? { get }
  /// Waits for what is going on and closes the database. Later calls fail.
  func close() async throws
}

/// Everything that is kept of one owner.
public struct Stores: Sendable {
  public var conversations: any ConversationStore
  public var runs: any RunStore
  public var checkpointer: any Checkpointer
  public var knowledge: any KnowledgeStore
  public var ingestion: any IngestionStore
  public var embeddings: any EmbeddingStore
  public var settings: any SettingStore
  /// `nil` where the data folder is all that is needed, because one process serves from it.
  public var originals: (any OriginalStore)?
  public var health: any StoreHealth

  public init(
    conversations: any ConversationStore, runs: any RunStore, checkpointer: any Checkpointer,
    knowledge: any KnowledgeStore, ingestion: any IngestionStore, embeddings: any EmbeddingStore,
    settings: any SettingStore, originals: (any OriginalStore)? = nil, health: any StoreHealth
  ) {
    self.conversations = conversations
    self.runs = runs
    self.checkpointer = checkpointer
    self.knowledge = knowledge
    self.ingestion = ingestion
    self.embeddings = embeddings
    self.settings = settings
    self.originals = originals
    self.health = health
  }
}
