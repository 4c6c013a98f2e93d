import TestSupport
import Testing

@testable import Storage

@Suite("PostgreSQL's knowledge base", .enabled(if: TestPostgres.isGiven))
struct PostgresKnowledgeConformanceTests {
  @Test("knowledge", arguments: KnowledgeStoreConformance.cases)
  func knowledge(rule: KnowledgeStoreConformance.Case) async throws {
    try await withPostgresDatabase { try await rule.check($0.mine.knowledge) }
  }

  @Test("embeddings", arguments: EmbeddingStoreConformance.cases)
  func embeddings(rule: EmbeddingStoreConformance.Case) async throws {
    try await withPostgresDatabase { try await rule.check($0.knowledgeStores) }
  }

  @Test("candidates", arguments: CandidateConformance.cases)
  func candidates(rule: CandidateConformance.Case) async throws {
    try await withPostgresDatabase { try await rule.check($0.knowledgeStores) }
  }

  @Test("random histories of documents and vectors", arguments: UInt64(1)...6)
  func histories(seed: UInt64) async throws {
    try await withPostgresDatabases(2) { databases in
      var history = KnowledgeHistory(databases.map(\.knowledgeStores), seed: seed)
      try await history.play(steps: 120)
    }
  }
}
