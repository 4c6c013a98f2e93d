import Foundation
import Graph
import Testing

@testable import Providers

@Suite("Embedding model: equal to sentence-transformers", .needsModel)
struct BertParityTests {
  /// The greatest angle, as 1 − cosine. The goal of the project is 1e-4; what is measured is 1e-11.
  private static let tolerance = 1e-6

  @Test("every recorded text has the recorded vector")
  func vectors() async throws {
    let records = try EmbeddingFixtures.load(EmbeddingFixtures.Vectors.self, "vectors").texts
    try #require(records.count > 50)
    try await withEmbedder { embedder in
      let inputs = records.map { EmbeddingInput($0.text) }
      // In one call, so that texts of all lengths meet in a batch, and one by one.
      let together = try await embedder.embed(inputs, for: .passage)
      var worst = (distance: 0.0, text: "")
      for (record, embedding) in zip(records, together) {
        let alone = try #require(try await embedder.embed([EmbeddingInput(record.text)], for: .query).first)
        for vector in [embedding.vector, alone.vector] {
          let distance = 1 - cosine(vector, numbers(record.vector, as: Float.self))
          #expect(distance <= Self.tolerance, "\(record.text.prefix(40))")
          #expect(abs(length(vector) - 1) < 1e-5)
          if distance > worst.distance { worst = (distance, record.text) }
        }
      }
      print("embedding parity: worst 1 - cosine \(worst.distance), for “\(worst.text.prefix(40))”")
    }
  }

  @Test("parts of a text are the mean of the tokens that begin in them")
  func parts() async throws {
    let records = try EmbeddingFixtures.load(EmbeddingFixtures.Vectors.self, "vectors").texts
      .filter { !$0.spans.isEmpty }
    try #require(records.count > 10)
    try await withEmbedder { embedder in
      let inputs = records.map { EmbeddingInput($0.text, spans: $0.spans.map { $0[0]..<$0[1] }) }
      for (record, embedding) in zip(records, try await embedder.embed(inputs, for: .passage)) {
        try #require(embedding.spans.count == record.parts.count)
        for (span, part) in zip(embedding.spans, record.parts) {
          let expected = numbers(part, as: Float16.self).map(Float.init)
          if length(expected) == 0 {
            #expect(length(span) == 0, "\(record.text.prefix(40))")
          } else {
            #expect(1 - cosine(span, expected) <= Self.tolerance, "\(record.text.prefix(40))")
          }
        }
      }
    }
  }

  @Test("a part that the model does not reach is zero, as is an empty one and one beyond the text")
  func unreachedParts() async throws {
    let text = String(repeating: "word ", count: 400)
    let spans = [0..<50, 1500..<1600, 60..<60, 5000..<6000]
    try await withEmbedder { embedder in
      let embedding = try #require(
        try await embedder.embed([EmbeddingInput(text, spans: spans)], for: .passage).first)
      #expect(embedding.spans.map(length).map { $0 > 0.5 } == [true, false, false, false])
    }
  }

  @Test("the descriptor tells size and limit")
  func descriptor() async throws {
    try await withEmbedder { embedder in
      #expect(embedder.descriptor.dimension == 384)
      #expect(embedder.descriptor.maxTokens == 256)
      #expect(embedder.descriptor.id.hasPrefix("all-MiniLM-L6-v2/1-"))
    }
  }

  private func withEmbedder(_ body: (BertEmbedder) async throws -> Void) async throws {
    let embedder = try BertEmbedder(folder: EmbeddingFixtures.modelFolder(), threads: 2)
    do {
      try await body(embedder)
      await embedder.close()
    } catch {
      await embedder.close()
      throw error
    }
  }

  private func numbers<Number>(_ data: Data, as type: Number.Type) -> [Number] {
    data.withUnsafeBytes { Array($0.bindMemory(to: type)) }
  }

  private func length(_ vector: [Float]) -> Double {
    vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return -1 }
    return zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } / (length(a) * length(b))
  }
}
