internal import CKernels
import Graph

/// How near each candidate lies to the question, by their vectors.
struct Nearness: Sendable {
  /// The vector of each candidate's whole text.
  let vectors: [[Float]?]
  /// The cosine of the sentence of each candidate that is nearest to the question, or of the whole text where no sentences are
  /// known; the mean of the others for a candidate without a vector, which makes it neither better nor worse.
  let sentences: [Double]
  private let cosines: [Double?]

  init(_ request: RerankRequest) {
    let vector = request.queryVector ?? []
    // A damaged vector must not decide anything: what is not a number would spread to every score.
    let question = Self.isFinite(vector) ? vector : []
    let embeddings = request.candidates.map { candidate -> TextEmbedding? in
      guard !question.isEmpty, let embedding = request.embeddings[candidate.passage.chunk.id],
        embedding.vector.count == question.count, Self.isFinite(embedding.vector)
      else { return nil }
      return embedding
    }
    vectors = embeddings.map { $0?.vector }
    let best = embeddings.map { embedding -> Double? in
      guard let embedding else { return nil }
      return Self.nearest(embedding.spans, to: question)
        ?? Double(Self.dot(embedding.vector, question))
    }
    let known = best.compactMap(\.self)
    let mean = known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
    sentences = best.map { $0 ?? mean }
    cosines = zip(vectors, best).map { vector, best in
      vector.flatMap { vector in best.map { max($0, Double(Self.dot(vector, question))) } }
    }
  }

  /// Whether any candidate can be compared with the question.
  var isKnown: Bool { cosines.contains { $0 != nil } }

  /// The cosine of the text or of its best sentence, whichever is nearer to the question.
  func best(_ index: Int) -> Double? { cosines[index] }

  private static func nearest(_ spans: [[Float]], to question: [Float]) -> Double? {
    var best: Float?
    for span in spans where span.count == question.count {
      let product = dot(span, question)
      if product.isFinite, best.map({ product > $0 }) ?? true { best = product }
    }
    return best.map(Double.init)
  }

  private static func isFinite(_ vector: [Float]) -> Bool { vector.allSatisfy { $0.isFinite } }

  private static func dot(_ first: [Float], _ second: [Float]) -> Float {
    var product: Float = 0
    rill_scan_f32(first, second, 1, min(first.count, second.count), &product)
    return product
  }
}
