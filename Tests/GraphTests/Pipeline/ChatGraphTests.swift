import Foundation
import Testing

@testable import Graph

/// The chat graph itself.
@Suite struct ChatGraphTests {
  @Test("The drawing in the documentation is the graph's own")
  func drawing() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/architecture.md"), encoding: .utf8)
    let mermaid = try ChatGraph.compile(
      .init(model: SilentModel(), retriever: HybridRetriever(words: FailingSearch()), reranker: NoReranker())
    )
    .mermaid.trimmingCharacters(in: .newlines)
    #expect(page.contains("```mermaid\n\(mermaid)\n```"))
  }

  @Test("A reranker that fails costs its order, not the answer")
  func rerankFallback() async throws {
    let passages = (0..<4).map { Self.passage($0) }
    let ranking = PassageRanking(
      retriever: HybridRetriever(words: FailingSearch()), reranker: NoReranker())
    let node = RerankNode(ranking: ranking, limit: 2, packer: ContextPacker(budget: 1_000))
    var graph = StateGraph<ChatState, ChatPayload>(name: "test")
    graph.addNode("rerank") { try await node.run($0, $1) }
    graph.addEdge(from: .start, to: "rerank")
    graph.addEdge(from: "rerank", to: .end)
    var state = ChatState(question: "q")
    state.retrieval = Retrieval(query: RetrievalQuery("q"))
    state.retrieval?.candidates = passages.map { Candidate(passage: $0) }
    let (result, warnings) = try await graph.compile().run(state) { events in
      var (result, warnings) = (ChatState?.none, 0)
      for try await event in events {
        if case .finished(let state) = event.kind { result = state }
        if case .payload(.warning) = event.kind { warnings += 1 }
      }
      return (result, warnings)
    }
    #expect(result?.passages == Array(passages.prefix(2)))
    // Only what the answer may cite is carried on.
    #expect(result?.retrieval == nil)
    #expect(warnings == 1)
  }

  @Test("A failing store ends the run with its own error")
  func storeFailure() async throws {
    let graph = try ChatGraph.compile(
      .init(model: SilentModel(), retriever: HybridRetriever(words: FailingSearch()), reranker: NoReranker()))
    let error = await #expect(throws: GraphError.self) {
      try await graph.run(ChatState(question: "What does the river do?")) { events in
        for try await _ in events {}
      }
    }
    #expect(error?.node == ChatGraph.retrieve)
    #expect((error?.underlying as? StoreError)?.code == .unavailable)
  }

  static func passage(_ index: Int) -> Passage {
    let chunk = Chunk(
      id: UUID(), documentID: UUID(), ordinal: index, headings: [], text: "text \(index)", byteRange: 0..<1)
    return Passage(chunk: chunk, title: "t", source: "s", score: Double(10 - index))
  }
}

private struct SilentModel: LanguageModel {
  let descriptor = ModelDescriptor(provider: "test", model: "silent")
  func checkAvailability() async throws {}
  func respond(to request: ModelRequest, output: ModelOutput) async throws {}
}

private struct NoReranker: Reranker {
  let name = "none"
  func rerank(_ request: RerankRequest) async throws -> [RankedPassage] {
    throw StoreError(.failed, "no reranker")
  }
}

private struct FailingSearch: PassageSearch {
  func search(_ query: String, limit: Int, filter: SearchFilter) async throws -> [Passage] {
    throw StoreError(.unavailable, "The store is away.")
  }
}
