import Graph

/// Turns the graph's own events into those of the wire. A pure machine: what a stage reports when it starts follows
/// from what the stages before it reported.
///
/// Only tokens of the answering node pass. Whatever another node emits, a supervisor that thinks aloud with a model, say,
/// stays inside.
struct RunEventMapper {
  private var candidateCount = 0
  private(set) var sources: [Source] = []
  private(set) var generation: Generation?

  /// The piece of the answer that an event brings.
  static func token(of event: GraphEvent<ChatState, ChatPayload>) -> String? {
    guard case .payload(.token(let text)) = event.kind, event.path.count == 1,
      event.node == ChatGraph.generate
    else { return nil }
    return text
  }

  /// Calls `append` with the events of the wire for one of the graph that is no token; there are none for most.
  mutating func map(
    _ event: GraphEvent<ChatState, ChatPayload>, append: (RunEvent) -> Void
  ) {
    guard event.path.count <= 1 else { return }
    switch event.kind {
    case .payload(.warning(let message, _)):
      if let stage = Stage(node: event.node) { append(.warning(stage, message: message)) }
    case .nodeStarted(let attempt):
      guard attempt == 1, let stage = Stage(node: event.node) else { return }
      append(.stageStarted(stage, candidates: stage == .reranking ? candidateCount : nil))
    case .nodeFinished(let update, let duration):
      guard let stage = Stage(node: event.node) else { return }
      complete(stage, update, duration, append: append)
    default: break
    }
  }

  private mutating func complete(
    _ stage: Stage, _ update: ChatState.Update, _ duration: Duration, append: (RunEvent) -> Void
  ) {
    var result = StageResult(durationMS: duration.milliseconds)
    switch update {
    case .routed(let route): result.agent = route
    case .retrieved(let retrieval):
      candidateCount = retrieval.candidates.count
      result.documentCount = retrieval.candidates.count
    case .reranked(let passages):
      sources = Self.sources(of: passages)
      result.selected = sources.count
      append(.stageCompleted(stage, result))
      return append(.sources(sources))
    case .generated(let generation):
      self.generation = generation
      result.tokenCount = generation.tokenCount
    }
    append(.stageCompleted(stage, result))
  }

  /// Numbers the passages in the order in which the model sees them.
  static func sources(of passages: [Passage]) -> [Source] {
    passages.enumerated().map { index, passage in
      let chunk = passage.chunk
      return Source(
        number: index + 1, documentID: chunk.documentID, chunkID: chunk.id, title: passage.title,
        locator: passage.locator, snippet: Snippet.make(from: chunk.text), score: passage.score,
        page: chunk.page, range: chunk.byteRange)
    }
  }
}

extension Stage {
  /// The stage that the user sees while a node runs.
  init?(node: NodeID) {
    switch node {
    case ChatGraph.supervisor: self = .routing
    case ChatGraph.retrieve: self = .retrieval
    case ChatGraph.rerank: self = .reranking
    case ChatGraph.generate: self = .generation
    default: return nil
    }
  }
}

/// The part of a passage that is shown with its source.
enum Snippet {
  /// Characters. Chunks are seldom longer, so the page nearly always shows the whole passage.
  static let maxLength = 1_200

  static func make(from text: String) -> String {
    guard text.count > maxLength else { return text }
    let head = text.prefix(maxLength)
    let cut = head.lastIndex(where: \.isWhitespace).map { head[..<$0] } ?? head
    return cut + "…"
  }
}
