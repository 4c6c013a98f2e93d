public import Foundation

/// Keeps the vectors of chunks, and finds chunks by them.
///
/// A store holds the vectors of one or two models: those that searches use, and those of the model that is to take their
/// place while they are still being made.
public protocol EmbeddingStore: Sendable {
  /// The models that there are vectors of, the one that searches use first.
  func embeddingModels() async throws -> [StoredEmbeddingModel]

  /// Makes room for a model's vectors. Nothing happens when it is known. The first model serves at once; a later one
  /// serves from ``serve(model:)`` on.
  /// - Throws: ``StoreError``; also when the model is known with another dimension.
  func add(_ model: EmbedderDescriptor) async throws

  /// Lets searches use a model, and deletes the vectors of every other one.
  func serve(model: String) async throws

  /// Chunks that have no vector of the model yet, those of the oldest documents first. Whoever gets them is expected to
  /// embed them: other nodes are given others for a while.
  func chunksToEmbed(model: String, limit: Int) async throws -> [ChunkToEmbed]

  /// Stores vectors in one transaction. Those of chunks that are gone meanwhile are left out.
  func saveEmbeddings(_ embeddings: [UUID: TextEmbedding], model: String) async throws

  /// The stored vectors of chunks, by the chunk's id. Span vectors may come back with the precision of 8 bits.
  func embeddings(of chunks: [UUID], model: String) async throws -> [UUID: TextEmbedding]

  /// How many chunks of each document have a vector of the model. Documents without any may be missing.
  func embeddedCounts(documents: [UUID], model: String) async throws -> [UUID: Int]

  /// Reads the vectors of a model ahead of the first search, where that makes it faster.
  func loadVectors(model: String) async throws

  /// Makes searches fast after many vectors have come, which may take minutes; nothing else waits for it. Called whenever
  /// there is nothing left to embed: cheap when there is nothing to do.
  func prepareSearch(model: String) async throws

  /// The chunks with the nearest vectors, nearest first; the score is the cosine. Few vectors are all compared; of many, a
  /// store may take the nearest from an index that misses one now and then. It sees what other processes have stored.
  /// - Parameter vector: of length 1 and the model's dimension.
  func nearest(
    to vector: [Float], model: String, limit: Int, filter: SearchFilter
  ) async throws -> [Passage]
}

extension EmbeddingStore {
  public func loadVectors(model: String) async throws {}
  public func prepareSearch(model: String) async throws {}
}

/// A model that the store has vectors of.
public struct StoredEmbeddingModel: Sendable, Hashable {
  public var descriptor: EmbedderDescriptor
  /// Whether searches use it.
  public var isServing: Bool
  /// How many chunks have a vector of this model, of how many chunks there are.
  public var embeddedCount: Int
  public var chunkCount: Int

  public init(descriptor: EmbedderDescriptor, isServing: Bool, embeddedCount: Int, chunkCount: Int) {
    self.descriptor = descriptor
    self.isServing = isServing
    self.embeddedCount = embeddedCount
    self.chunkCount = chunkCount
  }
}

/// A chunk that waits for its vector.
public struct ChunkToEmbed: Sendable, Hashable {
  public var chunk: Chunk
  /// The title of its document.
  public var title: String

  public init(chunk: Chunk, title: String) {
    self.chunk = chunk
    self.title = title
  }
}
