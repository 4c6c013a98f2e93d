import DequeModule
import Foundation
import Graph
import Synchronization

/// Searches with the vectors that serve, and the embedder that they came from.
struct ServingVectors: VectorSearch {
  private let embeddings: any EmbeddingStore
  private let status: EmbeddingStatus
  private let embedders: EmbedderRegistry
  private let cache = QueryVectorCache()

  init(embeddings: any EmbeddingStore, status: EmbeddingStatus, embedders: EmbedderRegistry) {
    self.embeddings = embeddings
    self.status = status
    self.embedders = embedders
  }

  func search(_ texts: [String], limit: Int, filter: SearchFilter) async throws -> VectorSearchResult? {
    guard let query = try await queryVectors(of: texts), let first = query.vectors.first else { return nil }
    var lists: [[Passage]] = []
    for vector in query.vectors {
      lists.append(
        try await embeddings.nearest(to: vector, model: query.model, limit: limit, filter: filter))
    }
    return VectorSearchResult(lists: lists, queryVector: first)
  }

  func queryVectors(of texts: [String]) async throws -> QueryVectors? {
    guard let model = status.servingModel, let embedder = embedders[model] else { return nil }
    return QueryVectors(model: model, vectors: try await vectors(of: texts, embedder))
  }

  func embeddings(of chunks: [UUID]) async throws -> [UUID: TextEmbedding] {
    guard let model = status.servingModel, embedders[model] != nil else { return [:] }
    return try await embeddings.embeddings(of: chunks, model: model)
  }

  private func vectors(of texts: [String], _ embedder: any Embedder) async throws -> [[Float]] {
    let model = embedder.descriptor.id
    var known = texts.map { cache.vector(of: $0, model: model) }
    let missing = known.indices.filter { known[$0] == nil }
    if !missing.isEmpty {
      let new = try await embedder.embed(missing.map { EmbeddingInput(texts[$0]) }, for: .query)
      for (index, embedding) in zip(missing, new) {
        cache.keep(embedding.vector, of: texts[index], model: model)
        known[index] = embedding.vector
      }
    }
    return known.compactMap { $0 }
  }
}

/// The embedders that can answer questions, by their models: the configured one, and the one that serves while it is being
/// replaced.
final class EmbedderRegistry: Sendable {
  private let embedders: Mutex<[String: any Embedder]>

  init(_ embedders: [any Embedder]) {
    self.embedders = Mutex(
      Dictionary(embedders.map { ($0.descriptor.id, $0) }, uniquingKeysWith: { first, _ in first }))
  }

  func add(_ embedder: any Embedder) {
    embedders.withLock { $0[embedder.descriptor.id] = embedder }
  }

  subscript(model: String) -> (any Embedder)? { embedders.withLock { $0[model] } }
}

/// The vectors of the latest questions: whoever tries other settings asks the same one again.
final class QueryVectorCache: Sendable {
  static let capacity = 256

  private struct Key: Hashable {
    var model: String
    var text: String
  }

  private struct State {
    var vectors: [Key: [Float]] = [:]
    var order: Deque<Key> = []
  }

  private let state = Mutex(State())

  func vector(of text: String, model: String) -> [Float]? {
    state.withLock { $0.vectors[Key(model: model, text: text)] }
  }

  func keep(_ vector: [Float], of text: String, model: String) {
    let key = Key(model: model, text: text)
    state.withLock { state in
      if state.vectors.updateValue(vector, forKey: key) == nil { state.order.append(key) }
      while state.order.count > Self.capacity, let oldest = state.order.popFirst() {
        state.vectors[oldest] = nil
      }
    }
  }
}
