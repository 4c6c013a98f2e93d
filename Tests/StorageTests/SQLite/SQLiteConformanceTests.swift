import Graph
import Storage
import TestSupport
import Testing

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

  @Test("runs", arguments: RunStoreConformance.cases)
  func runs(rule: RunStoreConformance.Case) async throws {
    try await withDatabase { try await rule.check($0.runStores) }
  }

  @Test("random histories of runs", arguments: UInt64(1)...6)
  func histories(seed: UInt64) async throws {
    try await withDatabase { database in
      var history = RunStoreHistory(database.runStores, seed: seed)
      try await history.play(steps: 100)
      #expect(history.refusals > 50, "a history without mistakes shows little")
    }
  }

  @Test("checkpoints")
  func checkpoints() async throws {
    try await withDatabase { try await CheckpointerConformance($0.checkpointer).verify() }
  }
}

extension SQLiteDatabase {
  var knowledgeStores: KnowledgeStores {
    KnowledgeStores(knowledge: knowledge, ingestion: ingestion, embeddings: embeddings)
  }

  var runStores: RunStores {
    RunStores(runs: runs, conversations: conversations, checkpointer: checkpointer)
  }
}
