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

  @Test("runs", arguments: RunStoreConformance.cases)
  func runs(rule: RunStoreConformance.Case) async throws {
    try await withDatabase { try await rule.check($0.runStores) }
  }

  @Test("checkpoints")
  func checkpoints() async throws {
    try await withDatabase { try await CheckpointerConformance($0.checkpointer).verify() }
  }
}

extension SQLiteDatabase {
  var runStores: RunStores {
    RunStores(runs: runs, conversations: conversations, checkpointer: checkpointer)
  }
}
