import Foundation
import Graph
import Logging
import Postgres
import TestSupport
import Testing

@testable import Storage

extension Owner {
  static let me = Owner(id: "me 'ä'")
  static let them = Owner(id: "them")
}

/// A database in a schema of its own.
struct PostgresFixture: Sendable {
  let url: String

  /// - Parameter connections: of all pools together.
  func configuration(connections: Int = 4) throws -> PostgresConfiguration {
    var configuration = try PostgresConfiguration(url: url)
    configuration.poolSize = connections
    configuration.acquireTimeout = .seconds(60)
    // Tells its connections from those of other tests.
    configuration.applicationName = "rill test \(url.hashValue)"
    return configuration
  }

  func open(
    node: UUID = UUID(), connections: Int = 4, patience: Duration = .seconds(30)
  ) async throws -> PostgresDatabase {
    try await PostgresDatabase.open(
      try configuration(connections: connections), nodeID: node, logger: Logger(label: "test"),
      retry: PostgresRetry(patience: patience))
  }
}

func withPostgres<Value: Sendable>(_ body: (PostgresFixture) async throws -> Value) async throws -> Value {
  try await TestPostgres.withSchema { try await body(PostgresFixture(url: $0)) }
}

/// Runs `body` with an empty database.
func withPostgresDatabase<Value: Sendable>(
  _ body: (PostgresDatabase) async throws -> Value
) async throws -> Value {
  try await withPostgresDatabases(1) { try await body($0[0]) }
}

/// Runs `body` with several nodes of one database.
func withPostgresDatabases<Value: Sendable>(
  _ count: Int, _ body: ([PostgresDatabase]) async throws -> Value
) async throws -> Value {
  try await withPostgres { fixture in
    var databases: [PostgresDatabase] = []
    for _ in 0..<count { databases.append(try await fixture.open()) }
    do {
      let value = try await body(databases)
      for database in databases { await database.close() }
      return value
    } catch {
      for database in databases { await database.close() }
      throw error
    }
  }
}

extension PostgresDatabase {
  var mine: Stores { stores(of: .me) }

  var runStores: RunStores {
    RunStores(runs: mine.runs, conversations: mine.conversations, checkpointer: mine.checkpointer)
  }

  var knowledgeStores: KnowledgeStores {
    KnowledgeStores(knowledge: mine.knowledge, ingestion: mine.ingestion, embeddings: mine.embeddings)
  }

  /// The number of a statement that counts.
  func count(_ sql: String) async throws -> Int {
    try #require(try await query(sql).first)[0]
  }
}
