import Foundation
import Graph
import Storage
import TestSupport

@testable import App

/// Several Rills on one PostgreSQL and with one scripted model, each with its own connections, data folder and port, as if
/// they ran on machines of their own.
struct TestCluster: Sendable {
  let nodes: [RillTestServer]
  let upstream: ScriptedUpstream
  /// Of the schema that they share.
  let url: String

  subscript(index: Int) -> RillTestServer { nodes[index] }
}

/// Changes what the documents of the node with a number, from 0, stand on.
typealias NodeDocuments = @Sendable (Int, inout KnowledgeServices.Dependencies) -> Void

/// Starts nodes, runs `body`, and shuts them down.
func withRillNodes<Result: Sendable>(
  _ count: Int, configure: @escaping @Sendable (inout RillConfiguration) -> Void = { _ in },
  documents: @escaping NodeDocuments = { _, _ in },
  script: @escaping ScriptedUpstream.Script = { _, answer in
    try await answer.stream(tokens: ["Hello", " there"])
  },
  _ body: @escaping @Sendable (TestCluster) async throws -> Result
) async throws -> Result {
  try await TestPostgres.withSchema { url in
    try await withScriptedUpstream(script) { upstream in
      try await withNodes(count, url: url, upstream, configure, documents) { nodes in
        try await body(TestCluster(nodes: nodes, upstream: upstream, url: url))
      }
    }
  }
}

private func withNodes<Result: Sendable>(
  _ count: Int, url: String, _ upstream: ScriptedUpstream,
  _ configure: @escaping @Sendable (inout RillConfiguration) -> Void, _ documents: @escaping NodeDocuments,
  _ started: [RillTestServer] = [], _ body: @escaping @Sendable ([RillTestServer]) async throws -> Result
) async throws -> Result {
  guard started.count < count else { return try await body(started) }
  let database = try await TestDatabase.postgres(url: url)
  let result = try await withRill(
    configure: configure, database: database, documents: { documents(started.count, &$0) }, upstream: upstream
  ) { node in
    try await withNodes(count, url: url, upstream, configure, documents, started + [node], body)
  }
  try await database.database.close()
  return result
}
