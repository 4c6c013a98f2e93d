import Graph
import TestSupport
import Testing

@testable import Storage

@Suite("SQLite")
struct SQLiteConformanceTests {
  @Test("conversations", arguments: ConversationStoreConformance.cases)
  func conversations(rule: ConversationStoreConformance.Case) async throws {
    try await withDatabase { try await rule.check($0.conversations) }
  }

  @Test("knowledge", arguments: KnowledgeStoreConformance.cases)
  func knowledge(rule: KnowledgeStoreConformance.Case) async throws {
    try await withDatabase { try await rule.check($0.knowledge) }
  }

  @Test("ingestion", arguments: IngestionStoreConformance.cases)
  func ingestion(rule: IngestionStoreConformance.Case) async throws {
    try await withDatabase { try await rule.check($0.knowledgeStores) }
  }

  @Test("embeddings", arguments: EmbeddingStoreConformance.cases)
  func embeddings(rule: EmbeddingStoreConformance.Case) async throws {
    try await withDatabase { try await rule.check($0.knowledgeStores) }
  }

  @Test("candidates", arguments: CandidateConformance.cases)
  func candidates(rule: CandidateConformance.Case) async throws {
    try await withDatabase { try await rule.check($0.knowledgeStores) }
  }

  @Test("runs", arguments: RunStoreConformance.cases)
  func runs(rule: RunStoreConformance.Case) async throws {
    try await withDatabase { try await rule.check($0.runStores) }
  }

  @Test("owners", arguments: OwnerConformance.cases)
  func owners(rule: OwnerConformance.Case) async throws {
    try await withDatabase {
      try await rule.check(
        OwnedStores(mine: $0.stores(of: .everyone), theirs: $0.stores(of: Owner(id: "other"))))
    }
  }

  @Test("random histories of runs", arguments: UInt64(1)...6)
  func histories(seed: UInt64) async throws {
    try await withDatabase { database in
      var history = RunStoreHistory(database.runStores, seed: seed)
      try await history.play(steps: 100)
      #expect(history.refusals > 50, "a history without mistakes shows little")
    }
  }

  @Test("random histories of documents and vectors", arguments: UInt64(1)...6)
  func knowledgeHistories(seed: UInt64) async throws {
    try await withTemporaryFolder { folder in
      // Small blocks and a low threshold, so that every way of the index is gone.
      let limits = VectorIndexLimits(blockCapacity: 8, codeThreshold: 20, parallelThreshold: 30)
      let databases = [
        try await SQLiteDatabase.open(folder: folder, vectorLimits: limits),
        try await SQLiteDatabase.open(folder: folder, vectorLimits: limits),
      ]
      var history = KnowledgeHistory(databases.map(\.knowledgeStores), seed: seed)
      try await history.play(steps: 120)
      for database in databases { try database.close() }
    }
  }

  @Test("checkpoints")
  func checkpoints() async throws {
    try await withDatabase { try await CheckpointerConformance($0.checkpointer).verify() }
  }
}
