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
    let question = vector.allSatisfy(\.isFinite) ? vector : []
    let embeddings = request.candidates.map { request.embeddings[$0.passage.chunk.id] }
    let isUsable: (TextEmbedding) -> Bool = {
      !question.isEmpty && $0.vector.count == question.count && $0.vector.allSatisfy(\.isFinite)
    }
    vectors = embeddings.map { $0.flatMap { isUsable($0) ? $0.vector : nil } }
    let best = embeddings.map { embedding -> Double? in
      guard let embedding, isUsable(embedding) else { return nil }
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
    spans.filter { $0.count == question.count }.map { Double(dot($0, question)) }
      .filter(\.isFinite).max()
  }

  private static func dot(_ first: [Float], _ second: [Float]) -> Float {
    var product: Float = 0
    rill_scan_f32(first, second, 1, min(first.count, second.count), &product)
    return product
  }
}
