import Foundation
import Graph
import Storage
import Synchronization
import TestSupport
import Testing

@testable import App

/// Vectors that are made in the background.
@Suite(.timeLimit(.minutes(2))) struct EmbeddingIndexerTests {
  /// Gives each text a vector by its letters; refuses or fails as told.
  final class LetterEmbedder: Embedder {
    let descriptor: EmbedderDescriptor
    private let failures: Mutex<[ModelError]>
    private let poison: String?
    let calls = Mutex(0)

    init(_ name: String = "letters", failures: [ModelError] = [], poison: String? = nil) {
      descriptor = EmbedderDescriptor(id: name, dimension: 26)
      self.failures = Mutex(failures)
      self.poison = poison
    }

    func embed(_ inputs: [EmbeddingInput], for purpose: EmbeddingPurpose) async throws -> [TextEmbedding] {
      calls.withLock { $0 += 1 }
      if let failure = failures.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw failure }
      if let poison, inputs.contains(where: { $0.text.contains(poison) }) {
        throw ModelError(.rejected, "The text cannot be embedded.")
      }
      return inputs.map { TextEmbedding(vector: Self.vector($0.text)) }
    }

    static func vector(_ text: String) -> [Float] {
      var counts = [Float](repeating: 0.01, count: 26)
      for byte in text.lowercased().utf8 where (97...122).contains(byte) { counts[Int(byte) - 97] += 1 }
      let length = counts.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return counts.map { $0 / length }
    }
  }

  private func withRill(
    _ embedder: LetterEmbedder, former: [any Embedder] = [], database: TestDatabase? = nil,
    clock: any Clock<Duration> = ContinuousClock(),
    _ body: @escaping @Sendable (RillTestServer) async throws -> Void
  ) async throws {
    try await withEmbeddingRill(embedder, former, database, clock, body)
  }

  @Test("A document is embedding until each chunk has its vector, then ready, and found by meaning")
  func ready() async throws {
    try await withRill(LetterEmbedder()) { rill in
      let id = try #require(try await rill.client.upload("zebra.md", "zzz zebra zoo").documents.first?.id)
      let end = try #require(try await rill.client.follow(id).last)
      #expect(end.status == "ready")
      #expect(end.embeddedCount == end.chunkCount)
      // No word is the same, most letters are.
      let found = try await rill.client.send("GET", "/search?q=zzzoo%20zbra").decoded()
      #expect(found["mode"] as? String == "hybrid")
      let passage = try #require((found["passages"] as? [[String: Any]])?.first)
      #expect(passage["vector_rank"] as? Int == 1)
      #expect(passage["bm25_rank"] is NSNull)
      let list = try await rill.client.send("GET", "/documents").decoded()
      let embedding = try #require(list["embedding"] as? [String: Any])
      #expect(embedding["state"] as? String == "ready")
      #expect(embedding["model"] as? String == "letters")
      #expect(embedding["embedded"] as? Int == 1)
      let health = try await rill.client.send("GET", "/health").decoded()
      #expect((health["embedding"] as? [String: Any])?["model"] as? String == "letters")
    }
  }

  @Test("A failure is told and tried again")
  func failure() async throws {
    let clock = ManualClock()
    let embedder = LetterEmbedder(failures: [ModelError(.unavailable, "The endpoint is away.")])
    try await withRill(embedder, clock: clock) { rill in
      let id = try #require(try await rill.client.upload("a.md", "Some text.").documents.first?.id)
      // Until the embedder has been asked, the message is that of a server without one.
      try await eventually("the failure is told") {
        rill.documents.status.current.message?.hasPrefix("The") == true
      }
      let message = try #require(rill.documents.status.current.message)
      #expect(message.hasPrefix("The endpoint is away. Rill tries again in 1 s"))
      #expect(try await rill.client.document(id)?.status == "embedding")
      try await eventually("it has its vectors") {
        clock.advance(by: .seconds(1))
        return try await rill.client.document(id)?.status == "ready"
      }
      #expect(rill.documents.status.current.message == nil)
    }
  }

  @Test("One passage that the model refuses does not keep the others from their vectors")
  func poison() async throws {
    try await withRill(LetterEmbedder(poison: "poison")) { rill in
      let files = (0..<9).map { (name: "f\($0).md", content: Array("Text number \($0).".utf8)) }
      let answer = try await rill.client.upload(files + [("p.md", Array("This is poison.".utf8))])
      for document in answer.documents where document.source != "p.md" {
        #expect(try await rill.client.follow(document.id).last?.status == "ready")
      }
      try await eventually("the refusal is told") {
        rill.documents.status.current.message?.contains("refused 1 passages") == true
      }
    }
  }

  @Test("After a change of the model the old vectors serve until the new ones are there")
  func modelChange() async throws {
    try await withIngestionFolder { folder in
      let database = try await TestDatabase.sqlite(in: folder)
      let old = LetterEmbedder("old")
      try await withRill(old, database: database) { rill in
        let id = try #require(try await rill.client.upload("zebra.md", "zzz zebra zoo").documents.first?.id)
        #expect(try await rill.client.follow(id).last?.status == "ready")
      }
      let clock = ManualClock()
      let new = LetterEmbedder("new", failures: [ModelError(.unavailable, "Away.")])
      try await withRill(new, former: [old], database: database, clock: clock) { rill in
        // Not any message: until the new model has been asked, it is that of a server without one.
        try await eventually("the failure is told") {
          rill.documents.status.current.message?.hasPrefix("Away.") == true
        }
        let found = try await rill.client.send("GET", "/search?q=zzzoo%20zbra").decoded()
        #expect(found["mode"] as? String == "hybrid")
        #expect(try await rill.client.documents().map(\.status) == ["ready"])
        try await eventually("the new model serves") {
          clock.advance(by: .seconds(1))
          return rill.documents.status.servingModel == "new"
        }
        let models = try await database.embeddings.embeddingModels()
        #expect(models.map(\.descriptor.id) == ["new"])
      }
    }
  }
}

/// The server with an embedder; a free function, because the suite's own is called the same.
private func withEmbeddingRill(
  _ embedder: any Embedder, _ former: [any Embedder], _ database: TestDatabase?,
  _ clock: any Clock<Duration>,
  _ body: @escaping @Sendable (RillTestServer) async throws -> Void
) async throws {
  try await withRill(
    clock: clock, database: database,
    documents: {
      $0.embedder = embedder
      $0.formerEmbedders = former
    }, body)
}
