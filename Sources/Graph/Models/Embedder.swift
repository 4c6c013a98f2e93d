/// Turns texts into vectors, so that texts that mean the same lie close together.
///
/// A provider is one type in the `Providers` module. It computes away from the cooperative pool and ends soon after the
/// calling task was cancelled.
public protocol Embedder: Sendable {
  var descriptor: EmbedderDescriptor { get }

  /// - Parameters:
  ///   - inputs: any number of texts; the provider makes batches of them.
  ///   - purpose: some models read questions and passages differently.
  /// - Returns: one embedding for each input, in order. Every vector has ``EmbedderDescriptor/dimension`` components and
  ///   length 1, so that a dot product is the cosine; that of an empty text may be zero.
  /// - Throws: ``ModelError``, or `CancellationError`.
  func embed(_ inputs: [EmbeddingInput], for purpose: EmbeddingPurpose) async throws -> [TextEmbedding]
}

/// What the store remembers of the model that its vectors came from.
public struct EmbedderDescriptor: Sendable, Hashable, Codable {
  /// Names the model and everything else that changes its vectors, for example `all-MiniLM-L6-v2/1`. Vectors of two ids
  /// are never compared.
  public let id: String
  /// Components of a vector.
  public let dimension: Int
  /// How many tokens of a text the model reads; the rest is cut off. `nil` when it is not known.
  public let maxTokens: Int?

  public init(id: String, dimension: Int, maxTokens: Int? = nil) {
    self.id = id
    self.dimension = dimension
    self.maxTokens = maxTokens
  }
}

public enum EmbeddingPurpose: Sendable, Hashable {
  case query, passage
}

/// A text to be embedded.
public struct EmbeddingInput: Sendable, Hashable {
  public var text: String
  /// Parts of the text (its sentences) that are wanted as vectors of their own, in UTF-8 bytes of `text`.
  public var spans: [Range<Int>]

  public init(_ text: String, spans: [Range<Int>] = []) {
    self.text = text
    self.spans = spans
  }
}

/// The vectors of one text.
public struct TextEmbedding: Sendable, Hashable {
  public var vector: [Float]
  /// One vector for each span of the input, read in the context of the whole text, of length 1; zero for a span that the
  /// model did not reach. Empty when the model gives no vectors for parts.
  public var spans: [[Float]]

  public init(vector: [Float], spans: [[Float]] = []) {
    self.vector = vector
    self.spans = spans
  }
}
