import Graph
import Storage
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
}
