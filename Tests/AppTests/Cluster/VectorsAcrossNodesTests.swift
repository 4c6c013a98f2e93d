import Foundation
import Graph
import Storage
import Synchronization
import TestSupport
import Testing

@testable import App

/// Several nodes make the vectors of one knowledge base, and all of them search with them.
@Suite("Vectors across nodes", .enabled(if: TestPostgres.isGiven), .timeLimit(.minutes(2)))
struct VectorsAcrossNodesTests {
  typealias LetterEmbedder = EmbeddingIndexerTests.LetterEmbedder

  /// Embeds when the gate is opened.
  private struct GatedEmbedder: Embedder {
    let base: LetterEmbedder
    let gate: StepGate
    let hasBegun: OneTimeSignal<Void>

    var descriptor: EmbedderDescriptor { base.descriptor }

    func embed(_ inputs: [EmbeddingInput], for purpose: EmbeddingPurpose) async throws -> [TextEmbedding] {
      if purpose == .passage {
        hasBegun.fire()
        try await gate.pass()
      }
      return try await base.embed(inputs, for: purpose)
    }
  }

  private static func embedding(_ node: RillTestServer) async throws -> String {
    let health = try await node.client.send("GET", "/health").decoded()
    let embedding = try #require(health["embedding"] as? [String: Any])
    return ["model", "state", "embedded", "total"].map { "\(embedding[$0] ?? "none")" }.joined(separator: " ")
  }

  @Test(
    "Nodes embed different chunks, all is ready when the last of them has its vector, and every node says so")
  func sharing() async throws {
    let (gate, hasBegun) = (StepGate(), OneTimeSignal<Void>())
    try await withRillNodes(
      2,
      documents: { node, dependencies in
        dependencies.embedder =
          node == 0
          ? GatedEmbedder(base: LetterEmbedder(), gate: gate, hasBegun: hasBegun) : LetterEmbedder()
      }
    ) { cluster in
      // Which of the nodes takes the first chunk is chance: documents come until the held one has one.
      var ids: [UUID] = []
      while hasBegun.current == nil {
        let text = "zebra number \(ids.count)"
        ids.append(
          try #require(try await cluster[0].client.upload("f\(ids.count).md", text).documents.first?.id))
        let newest = ids[ids.count - 1]
        try await eventually("it is taken") {
          if hasBegun.current != nil { return true }
          return try await cluster[1].client.document(newest)?.status == "ready"
        }
      }
      let held = ids[ids.count - 1]
      let other = try #require(try await cluster[0].client.upload("other.md", "zzz zoo").documents.first?.id)
      #expect(try await cluster[0].client.follow(other).last?.status == "ready")
      let working = "letters working \(ids.count) \(ids.count + 1)"
      for node in cluster.nodes {
        try await eventually("the other document is counted") { try await Self.embedding(node) == working }
        #expect(try await node.client.document(held)?.status == "embedding")
      }
      async let seen = cluster[1].client.follow(held)
      gate.openForGood()
      #expect(try await seen.last?.status == "ready")
      let ready = "letters ready \(ids.count + 1) \(ids.count + 1)"
      for node in cluster.nodes {
        try await eventually("all is ready") { try await Self.embedding(node) == ready }
      }
    }
  }

  @Test("A node that has done none of the work shows the same and finds the same, by meaning, too")
  func sameFacts() async throws {
    try await withRillNodes(
      2,
      documents: { node, dependencies in
        DocumentsAcrossNodesTests.secondReads(node, &dependencies)
        dependencies.embedder = LetterEmbedder()
      }
    ) { cluster in
      let answer = try await cluster[0].client.upload([
        ("zebra.md", Array("zzz zebra zoo".utf8)), ("river.md", Array("The river flows.".utf8)),
      ])
      for document in answer.documents {
        #expect(try await cluster[0].client.follow(document.id).last?.status == "ready")
      }
      for node in cluster.nodes {
        try await eventually("all is ready") { try await Self.embedding(node) == "letters ready 2 2" }
        try await eventually("the search is hybrid") {
          try await node.client.send("GET", "/search?q=zzzoo%20zbra").decoded()["mode"] as? String == "hybrid"
        }
      }
      let lists = try await [0, 1].asyncMap { try await cluster[$0].client.send("GET", "/documents").body }
      #expect(lists[0] == lists[1])
      let passages = try await [0, 1].asyncMap { node -> [String] in
        let found = try await cluster[node].client.send("GET", "/search?q=zzzoo%20zbra").decoded()
        return (found["passages"] as? [[String: Any]] ?? []).map {
          "\($0["chunk_id"] ?? "") \($0["vector_rank"] ?? "")"
        }
      }
      #expect(passages[0] == passages[1] && !passages[0].isEmpty)
      let metrics = try await [0, 1].asyncMap { node -> [Substring] in
        try await cluster[node].client.send("GET", "/metrics").body.split(separator: "\n").filter {
          $0.hasPrefix("rill_documents ") || $0.hasPrefix("rill_chunks ")
            || $0.hasPrefix("rill_chunks_with_vector ") || $0.hasPrefix("rill_ingestion_jobs")
        }
      }
      #expect(metrics[0] == metrics[1])
    }
  }

  @Test("Nodes with different models do not replace each other's vectors; the last of the old ones gives way")
  func models() async throws {
    try await TestPostgres.withSchema { url in
      let (isIndexed, hasStoodBack) = (OneTimeSignal<Void>(), OneTimeSignal<Void>())
      async let old: Void = withNode(url, LetterEmbedder("old")) { node in
        let id = try #require(try await node.client.upload("zebra.md", "zzz zebra zoo").documents.first?.id)
        #expect(try await node.client.follow(id).last?.status == "ready")
        isIndexed.fire()
        try await hasStoodBack.value()
        #expect(try await Self.embedding(node) == "old ready 1 1")
      }
      try await isIndexed.value()
      let new = LetterEmbedder("new")
      try await withNode(url, new) { node in
        try await eventually("it stands back") {
          node.documents.status.current.message?.contains("Other servers use the embedding model old") == true
        }
        #expect(try await Self.embedding(node) == "old ready 1 1")
        #expect(new.calls.withLock { $0 } == 0)
        hasStoodBack.fire()
        try await eventually("it takes over") { try await Self.embedding(node) == "new ready 1 1" }
      }
      try await old
    }
  }

  private func withNode(
    _ url: String, _ embedder: LetterEmbedder,
    _ body: @escaping @Sendable (RillTestServer) async throws -> Void
  ) async throws {
    let database = try await TestDatabase.postgres(url: url)
    try await withRill(
      configure: { $0.cluster.lease = .seconds(2) }, database: database,
      documents: { $0.embedder = embedder }, body)
    try await database.database.close()
  }
}

extension Array {
  fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await body(element)) }
    return values
  }
}
