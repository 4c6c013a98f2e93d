public import Foundation
public import Graph

/// A sentence-transformers model of the BERT kind, computed in this process on threads of its own.
///
/// Its vectors are those of sentence-transformers (mean of the tokens, length 1) within rounding. Close it at the end.
public final class BertEmbedder: Embedder {
  public let descriptor: EmbedderDescriptor
  /// The model's own tokenizer, for cutting texts to its size.
  public let tokenizer: WordPieceTokenizer

  private let encoder: BertEncoder
  private let limit: Int
  private let pool: ComputePool<EncoderWorkspace>
  private let threads: Int

  /// Changes when the same weights would give other vectors.
  private static let revision = 1
  /// How many tokens are computed in one go. Larger batches are hardly faster, and a batch is what a cancelled task, or
  /// the end of the process, may have to wait for: about 50 ms.
  private static let batchTokens = 512

  /// Loads the model, which takes some tens of milliseconds; with the matrices of an earlier time, half as many.
  ///
  /// - Parameters:
  ///   - threads: for work in bulk; queries have as many again. By default one for each processor.
  ///   - packedFolder: where the model's matrices are kept for the next time, in the order in which they are computed
  ///     with: a folder that may be deleted at any time, and is made when it is not there. `nil` keeps nothing.
  /// - Throws: ``EmbeddingModelError``.
  public init(
    folder: EmbeddingModelFolder, threads: Int? = nil, packedFolder: URL? = nil
  ) throws(EmbeddingModelError) {
    let weights = try folder.loadWeights(packedIn: packedFolder)
    tokenizer = try folder.loadTokenizer()
    limit = try folder.loadLimit()
    guard tokenizer.vocabulary.count <= weights.configuration.vocabulary else {
      throw EmbeddingModelError(
        "The tokenizer of the embedding model “\(folder.name)” has more tokens than its weights. Install the model again, "
          + "or choose another folder.")
    }
    encoder = BertEncoder(weights: weights)
    descriptor = EmbedderDescriptor(
      id: "\(folder.name)/\(Self.revision)-\(weights.fingerprint)", dimension: weights.configuration.width,
      maxTokens: limit)
    self.threads = max(threads ?? ProcessInfo.processInfo.activeProcessorCount, 1)
    pool = ComputePool(name: "embedding", threads: self.threads) { EncoderWorkspace() }
    if weights.unsaved != nil { pool.start(.bulk) { _ in weights.save() } }
  }

  /// Ends the threads. Later calls fail.
  public func close() async { await pool.close() }

  public func embed(_ inputs: [EmbeddingInput], for purpose: EmbeddingPurpose) async throws -> [TextEmbedding]
  {
    try Task.checkCancellation()
    let urgency: ComputePool<EncoderWorkspace>.Urgency = purpose == .query ? .urgent : .bulk
    var embeddings = [TextEmbedding](repeating: TextEmbedding(vector: []), count: inputs.count)
    do {
      // Enough batches for every thread, and as many waiting; the rest of the inputs waits here.
      try await withThrowingTaskGroup(of: (Range<Int>, [TextEmbedding]).self) { group in
        var running = 0
        for batch in batches(of: inputs) {
          if running == 2 * threads, let (range, done) = try await group.next() {
            embeddings.replaceSubrange(range, with: done)
            running -= 1
          }
          running += 1
          group.addTask { [self] in (batch, try await embed(Array(inputs[batch]), urgency)) }
        }
        for try await (range, done) in group { embeddings.replaceSubrange(range, with: done) }
      }
    } catch is ComputePoolClosed {
      throw ModelError(.unavailable, "The embedding model has been closed. Try again in a moment.")
    }
    return embeddings
  }

  private func embed(
    _ inputs: [EmbeddingInput], _ urgency: ComputePool<EncoderWorkspace>.Urgency
  ) async throws -> [TextEmbedding] {
    try await pool.run(urgency) { [encoder, tokenizer, limit] workspace in
      let texts = inputs.map { TokenizedText($0, tokenizer: tokenizer, limit: limit) }
      encoder.encode(texts.map(\.ids), in: workspace)
      let width = encoder.weights.configuration.width
      var row = 0
      return texts.map { text in
        defer { row += text.ids.count }
        return BertPooling.embedding(of: text, hidden: workspace.hidden.start + row * width, width: width)
      }
    }
  }

  /// Cuts the inputs into ranges of about ``batchTokens`` tokens, as far as bytes tell.
  private func batches(of inputs: [EmbeddingInput]) -> [Range<Int>] {
    var batches: [Range<Int>] = []
    var (begin, tokens) = (0, 0)
    for (index, input) in inputs.enumerated() {
      // English has between four and five bytes per token.
      let estimate = min(input.text.utf8.count / 4 + 2, limit)
      if tokens + estimate > Self.batchTokens, begin < index {
        batches.append(begin..<index)
        (begin, tokens) = (index, 0)
      }
      tokens += estimate
    }
    if begin < inputs.count { batches.append(begin..<inputs.count) }
    return batches
  }
}
