public import Foundation
public import Graph

/// An embedding model behind any server that speaks OpenAI's `POST /v1/embeddings`: OpenAI, Ollama, llama.cpp, vLLM,
/// Text Embeddings Inference and others.
public final class OpenAIEmbedder: Embedder {
  public let descriptor: EmbedderDescriptor

  private let client: EmbeddingsClient

  private init(client: EmbeddingsClient, dimension: Int) {
    self.client = client
    descriptor = EmbedderDescriptor(id: "openai:\(client.model)/\(dimension)", dimension: dimension)
  }

  /// Asks the server for one embedding, from which the dimension is learnt.
  ///
  /// - Parameters:
  ///   - timeout: the longest that one request may take.
  ///   - clock: measures the pauses before a request is made again.
  ///   - now: the time by which the dates of a server's headers are measured.
  /// - Throws: ``ModelError``, or `CancellationError`.
  public static func connect(
    to endpoint: OpenAIEndpoint, model: String, transport: HTTPTransport, timeout: Duration = .seconds(60),
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() }
  ) async throws -> OpenAIEmbedder {
    let client = EmbeddingsClient(
      endpoint: endpoint, model: model, transport: transport, timeout: timeout, clock: clock, now: now)
    let probe = try await client.embeddings(of: ["Rill"], dimension: nil, attempts: queryAttempts)
    return OpenAIEmbedder(client: client, dimension: probe[0].count)
  }

  public func embed(_ inputs: [EmbeddingInput], for purpose: EmbeddingPurpose) async throws -> [TextEmbedding]
  {
    try Task.checkCancellation()
    let zero = TextEmbedding(vector: [Float](repeating: 0, count: descriptor.dimension))
    var embeddings = [TextEmbedding](repeating: zero, count: inputs.count)
    // Servers refuse empty texts.
    let worded = inputs.indices.filter { inputs[$0].text.contains { !$0.isWhitespace } }
    for batch in Self.batches(of: worded, byteCount: { inputs[$0].text.utf8.count }) {
      let vectors = try await client.embeddings(
        of: batch.map { inputs[$0].text }, dimension: descriptor.dimension,
        attempts: purpose == .query ? Self.queryAttempts : Self.passageAttempts)
      for (index, vector) in zip(batch, vectors) { embeddings[index].vector = vector }
    }
    return embeddings
  }

  // MARK: Limits

  /// Somebody waits for a query, and can be served by words alone.
  private static let queryAttempts = 2
  private static let passageAttempts = 6
  /// What the usual servers take in one request.
  private static let batchCount = 64
  private static let batchBytes = 256 << 10

  private static func batches(of indices: [Int], byteCount: (Int) -> Int) -> [[Int]] {
    var batches: [[Int]] = []
    var bytes = 0
    for index in indices {
      bytes += byteCount(index)
      if let last = batches.last, last.count < batchCount, bytes <= batchBytes {
        batches[batches.count - 1].append(index)
      } else {
        batches.append([index])
        bytes = byteCount(index)
      }
    }
    return batches
  }
}
