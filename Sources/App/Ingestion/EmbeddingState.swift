/// How far the vectors are, all documents together.
struct EmbeddingState: Sendable, Hashable {
  enum Activity: String, Sendable, Hashable {
    /// Every chunk has its vector.
    case ready
    case working
    /// There is no embedder: chunks are found by their words alone.
    case off
  }

  /// The model that the vectors are made with; `nil` without one.
  var model: String?
  var embedded = 0
  var total = 0
  var activity = Activity.off
  /// A sentence about what is missing or goes wrong.
  var message: String?
}

extension JSONWriter {
  mutating func fields(of embedding: EmbeddingState) {
    if let model = embedding.model { field("model", model) } else { null("model") }
    field("embedded", embedding.embedded)
    field("total", embedding.total)
    field("state", embedding.activity.rawValue)
    if let message = embedding.message { field("message", message) } else { null("message") }
  }
}
