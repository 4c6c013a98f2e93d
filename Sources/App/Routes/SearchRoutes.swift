import Foundation
import Graph
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// `GET /search`: the steps of an answer's search, with everything that they decided.
struct SearchRoutes: Sendable {
  let retriever: HybridRetriever
  let reranker: any Reranker
  let settings: ChatGraph.Settings
  let time: RunTime

  /// The most candidates of one search.
  static let maximumCandidates = 200

  func add(to router: some RouterMethods<AppRequestContext>) {
    router.get("search") { request, context in try await search(request, context) }
  }

  private struct Options {
    var query: String
    var filter = SearchFilter()
    var retrieval: RetrievalSettings
    var limit: Int
    var reranks = true
  }

  private struct Result {
    var retrieval: Retrieval
    var ranked: PassageRanking.Result
    var retrievalTime: Duration
    var rerankTime: Duration
  }

  private func search(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let options = try options(of: request)
    let start = time.now()
    let retrieval = try await retriever.retrieve(
      RetrievalQuery(options.query), settings: options.retrieval, filter: options.filter)
    let retrieved = time.now()
    let ranked =
      options.reranks
      ? try await PassageRanking(retriever: retriever, reranker: reranker).rank(
        retrieval, limit: options.limit)
      : PassageRanking.Result(
        passages: PassageRanking.inOrderOfSearch(retrieval.candidates, limit: options.limit))
    let result = Result(
      retrieval: retrieval, ranked: ranked, retrievalTime: retrieved - start,
      rerankTime: time.now() - retrieved)
    for warning in retrieval.warnings + [ranked.warning].compactMap({ $0 }) {
      context.logger.warning(
        "A search went on with less", metadata: ["reason": "\(warning.detail ?? warning.message)"])
    }
    return response(result, options)
  }

  // MARK: What is asked for

  private func options(of request: Request) throws -> Options {
    guard let query = request.parameter("q"), !query.allSatisfy(\.isWhitespace),
      query.unicodeScalars.count <= ChatRequestBody.maxMessageLength
    else {
      throw RequestError.invalid(
        "q", "q must hold a question of 1 to \(ChatRequestBody.maxMessageLength) characters.")
    }
    var options = Options(
      query: query, retrieval: settings.retrieval,
      limit: try request.limit(default: settings.passageLimit, max: 100))
    options.retrieval.candidateLimit =
      try request.integer("candidates", in: 1...Self.maximumCandidates) ?? options.retrieval.candidateLimit
    options.retrieval.candidateLimit = max(options.retrieval.candidateLimit, options.limit)
    options.retrieval.depth = max(options.retrieval.depth, options.retrieval.candidateLimit)
    if let method = request.parameter("method") {
      guard let method = RetrievalSettings.Method(rawValue: method) else {
        throw RequestError.invalid("method", "method must be rrf or sum.")
      }
      options.retrieval.method = method
    }
    options.retrieval.wordWeight = try request.weight("word_weight") ?? options.retrieval.wordWeight
    options.retrieval.meaningWeight = try request.weight("meaning_weight") ?? options.retrieval.meaningWeight
    options.reranks = try request.flag("rerank") ?? true
    for name in request.parameters("document") {
      guard let id = UUID(uuidString: name) else {
        throw RequestError.invalid("document", "document is not a UUID.")
      }
      options.filter.documents.insert(id)
    }
    options.filter.folders = Set(request.parameters("folder").map { $0.trimmingCharacters(in: ["/"]) })
    return options
  }

  // MARK: The answer

  private func response(_ result: Result, _ options: Options) -> Response {
    let candidates = Dictionary(
      result.retrieval.candidates.enumerated().map { ($1.passage.chunk.id, (rank: $0 + 1, candidate: $1)) },
      uniquingKeysWith: { first, _ in first })
    let warnings = result.retrieval.warnings + [result.ranked.warning].compactMap { $0 }
    return .json { json in
      json.field("query", options.query)
      json.array("queries", result.retrieval.query.texts) { json, text in json.string(text) }
      json.field("mode", result.retrieval.mode.rawValue)
      json.object("settings") { json in
        json.field("method", options.retrieval.method.rawValue)
        json.field("word_weight", options.retrieval.wordWeight)
        json.field("meaning_weight", options.retrieval.meaningWeight)
        json.field("depth", options.retrieval.depth)
        json.field("candidates", options.retrieval.candidateLimit)
        json.field("limit", options.limit)
        json.field("rerank", options.reranks)
      }
      json.field("reranker", options.reranks ? reranker.name : "none")
      json.object("timings") { json in
        json.field("retrieval_ms", result.retrievalTime.milliseconds)
        json.field("rerank_ms", result.rerankTime.milliseconds)
        json.field("total_ms", (result.retrievalTime + result.rerankTime).milliseconds)
      }
      json.array("warnings", warnings) { json, warning in json.string(warning.message) }
      json.array("passages", result.ranked.passages.enumerated()) { json, element in
        let found = candidates[element.1.passage.chunk.id]
        json.object { json in
          json.fields(of: element.1.passage)
          json.fields(of: found?.candidate, fusedRank: found?.rank)
          json.field("rerank_rank", element.0 + 1)
          json.field("rerank_score", element.1.score, scale: 1_000_000)
          json.field("kept", element.1.isKept)
          json.field("reason", element.1.reason)
        }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func fields(of passage: Passage) {
    let chunk = passage.chunk
    field("document_id", chunk.documentID)
    field("chunk_id", chunk.id)
    field("title", passage.title)
    field("source", passage.source)
    field("locator", passage.locator)
    optionalField("page", chunk.page)
    field("start", chunk.byteRange.lowerBound)
    field("end", chunk.byteRange.upperBound)
    field("snippet", Snippet.make(from: chunk.text))
  }

  fileprivate mutating func fields(of candidate: Candidate?, fusedRank: Int?) {
    optionalField("bm25_rank", candidate?.words?.rank)
    score("bm25_score", candidate?.words?.score)
    optionalField("vector_rank", candidate?.meaning?.rank)
    score("vector_score", candidate?.meaning?.score)
    optionalField("fused_rank", fusedRank)
    score("fused_score", candidate?.passage.score)
  }

  private mutating func score(_ key: StaticString, _ value: Double?) {
    if let value { field(key, value, scale: 1_000_000) } else { null(key) }
  }
}

extension Request {
  fileprivate func weight(_ name: String) throws -> Double? {
    guard let text = parameter(name) else { return nil }
    guard let value = Double(text), (0...100).contains(value) else {
      throw RequestError.invalid(name, "\(name) must be a number from 0 to 100.")
    }
    return value
  }

  fileprivate func flag(_ name: String) throws -> Bool? {
    guard let text = parameter(name) else { return nil }
    guard let value = ["true": true, "1": true, "false": false, "0": false][text.lowercased()] else {
      throw RequestError.invalid(name, "\(name) must be true or false.")
    }
    return value
  }
}
