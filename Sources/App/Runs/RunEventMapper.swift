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

  /// The events of the wire for one of the graph; none for most.
  mutating func events(for event: GraphEvent<ChatState, ChatPayload>) -> [RunEvent] {
    guard event.path.count <= 1 else { return [] }
    switch event.kind {
    case .payload(.token(let text)):
      return event.node == ChatGraph.generate ? [.token(text)] : []
    case .payload(.warning(let message, _)):
      return Stage(node: event.node).map { [.warning($0, message: message)] } ?? []
    case .nodeStarted(let attempt):
      guard attempt == 1, let stage = Stage(node: event.node) else { return [] }
      return [.stageStarted(stage, candidates: stage == .reranking ? candidateCount : nil)]
    case .nodeFinished(let update, let duration):
      guard let stage = Stage(node: event.node) else { return [] }
      return completed(stage, update, duration)
    default:
      return []
    }
  }

  private mutating func completed(
    _ stage: Stage, _ update: ChatState.Update, _ duration: Duration
  ) -> [RunEvent] {
    var result = StageResult(durationMS: duration.milliseconds)
    switch update {
    case .routed(let route): result.agent = route
    case .retrieved(let retrieval):
      candidateCount = retrieval.candidates.count
      result.documentCount = retrieval.candidates.count
    case .reranked(let passages):
      sources = Self.sources(of: passages)
      result.selected = sources.count
      return [.stageCompleted(stage, result), .sources(sources)]
    case .generated(let generation):
      self.generation = generation
      result.tokenCount = generation.tokenCount
    }
    return [.stageCompleted(stage, result)]
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
