import Graph
import TestSupport
import Testing

@testable import Storage

@Suite("PostgreSQL", .enabled(if: TestPostgres.isGiven))
struct PostgresConformanceTests {
  @Test("conversations", arguments: ConversationStoreConformance.cases)
  func conversations(rule: ConversationStoreConformance.Case) async throws {
    try await withPostgresDatabase { try await rule.check($0.mine.conversations) }
  }

  @Test("ingestion", arguments: IngestionStoreConformance.cases)
  func ingestion(rule: IngestionStoreConformance.Case) async throws {
    try await withPostgresDatabase { try await rule.check($0.knowledgeStores) }
  }

  @Test("runs", arguments: RunStoreConformance.cases)
  func runs(rule: RunStoreConformance.Case) async throws {
    try await withPostgresDatabase { try await rule.check($0.runStores) }
  }

  @Test("random histories of runs", arguments: UInt64(1)...6)
  func histories(seed: UInt64) async throws {
    try await withPostgresDatabase { database in
      var history = RunStoreHistory(database.runStores, seed: seed)
      try await history.play(steps: 100)
      #expect(history.refusals > 50, "a history without mistakes shows little")
    }
  }

  @Test("checkpoints")
  func checkpoints() async throws {
    try await withPostgresDatabase { try await CheckpointerConformance($0.mine.checkpointer).verify() }
  }

  @Test("owners", arguments: OwnerConformance.cases)
  func owners(rule: OwnerConformance.Case) async throws {
    try await withPostgresDatabase { database in
      try await rule.check(OwnedStores(mine: database.mine, theirs: database.stores(of: .them)))
    }
  }
}
