/// The chat pipeline: supervisor → retrieve → rerank → generate.
public enum ChatGraph {
  public static let supervisor: NodeID = "supervisor"
  public static let retrieve: NodeID = "retrieve"
  public static let rerank: NodeID = "rerank"
  public static let generate: NodeID = "generate"

  public typealias Compiled = CompiledGraph<ChatState, ChatPayload>

  /// What the nodes work with.
  public struct Dependencies: Sendable {
    public var model: any LanguageModel
    public var retriever: HybridRetriever
    public var queryWriter: any QueryWriter
    public var reranker: any Reranker
    public var router: any ChatRouter
    public var clock: any Clock<Duration>
    public var settings: Settings

    public init(
      model: any LanguageModel, retriever: HybridRetriever, reranker: any Reranker,
      queryWriter: any QueryWriter = RuleQueryWriter(), router: any ChatRouter = RuleRouter(),
      clock: any Clock<Duration> = ContinuousClock(),
      settings: Settings = .init()
    ) {
      self.model = model
      self.retriever = retriever
      self.queryWriter = queryWriter
      self.reranker = reranker
      self.router = router
      self.clock = clock
      self.settings = settings
    }
  }

  /// The pipeline's numbers.
  public struct Settings: Sendable, Hashable {
    /// How to search, and how many candidates the reranker gets.
    public var retrieval = RetrievalSettings()
    /// How many passages an answer may cite.
    public var passageLimit = 6
    /// How long the model may stay silent.
    public var idleTimeout: Duration = .seconds(30)
    /// Where an answer is cut, in pieces of text: it bounds the log of a run whose pieces are very small. It then ends with
    /// ``FinishReason/length``.
    public var maxAnswerTokens = 200_000
    /// Where an answer is cut, in UTF-8 bytes; it then ends with ``FinishReason/length``.
    public var maxAnswerBytes = 1_000_000

    public init() {}
  }

  /// Declares and checks the graph.
  /// - Throws: ``GraphCompileError``, which would be a mistake in this file.
  public static func compile(_ dependencies: Dependencies) throws -> Compiled {
    var graph = StateGraph<ChatState, ChatPayload>(name: "chat")
    let supervisorNode = SupervisorNode(router: dependencies.router)
    let retrieveNode = RetrieveNode(
      retriever: dependencies.retriever, queryWriter: dependencies.queryWriter,
      settings: dependencies.settings.retrieval)
    let rerankNode = RerankNode(
      ranking: PassageRanking(retriever: dependencies.retriever, reranker: dependencies.reranker),
      limit: dependencies.settings.passageLimit,
      packer: ContextPacker(
        budget: PromptBuilder.passageBudget(
          contextTokens: dependencies.model.descriptor.contextTokens)))
    let generateNode = GenerateNode(
      model: dependencies.model, clock: dependencies.clock, settings: dependencies.settings)
    graph.addNode(supervisor) { try await supervisorNode.run($0, $1) }
    graph.addNode(retrieve) { try await retrieveNode.run($0, $1) }
    graph.addNode(rerank) { try await rerankNode.run($0, $1) }
    graph.addNode(generate) { try await generateNode.run($0, $1) }
    graph.addEdge(from: .start, to: supervisor)
    graph.addConditionalEdge(from: supervisor, to: [retrieve, generate]) { state in
      [state.route == .direct ? generate : retrieve]
    }
    graph.addEdge(from: retrieve, to: rerank)
    graph.addEdge(from: rerank, to: generate)
    graph.addEdge(from: generate, to: .end)
    return try graph.compile()
  }
}
