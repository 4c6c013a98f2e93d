public import Graph

/// A reranking model behind a server with `POST /v1/rerank`: Cohere, Jina, vLLM and llama.cpp, or `POST /rerank` as Text
/// Embeddings Inference has it.
///
/// The server reads the question together with each passage, which is slower and usually better than anything that
/// compares vectors.
public struct RerankEndpoint: Reranker {
  public let name: String

  private let address: RerankAddress
  private let model: String?
  private let apiKey: Secret?
  private let transport: HTTPTransport
  private let timeout: Duration

  /// More passages would keep the user waiting: such a model reads a few hundred of them in a second at best. Those
  /// beyond follow in the order of the search.
  static let maximumPassages = 50
  /// What the answer may have in bytes; fifty results take two kilobytes, unless the server sends the texts back.
  private static let responseLimit = 4 << 20

  /// - Parameters:
  ///   - url: the whole address, or that of the server with or without `/v1`.
  ///   - timeout: how long the server may take; then the passages keep the order of the search.
  /// - Returns: `nil` when the URL is not an absolute `http` or `https` one with a host.
  public init?(
    url: String, model: String? = nil, apiKey: Secret? = nil, transport: HTTPTransport,
    timeout: Duration = .seconds(10)
  ) {
    guard let address = RerankAddress(url) else { return nil }
    self.address = address
    self.model = model.flatMap { $0.isEmpty ? nil : $0 }
    self.apiKey = apiKey.flatMap { $0.isEmpty ? nil : $0 }
    self.transport = transport
    self.timeout = timeout
    name = self.model.map { "endpoint:\($0)" } ?? "endpoint"
  }

  /// - Throws: ``ModelError`` or `CancellationError`.
  public func rerank(_ request: RerankRequest) async throws -> [RankedPassage] {
    guard !request.candidates.isEmpty else { return [] }
    let asked = request.candidates.prefix(Self.maximumPassages).map(\.passage)
    let scores = try await scores(of: asked, for: request.query)
    let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    let ranked = order.enumerated().map { rank, index in
      let isKept = rank < request.limit
      let said = "the reranking model gives it " + Self.threeDigits(scores[index])
      return RankedPassage(
        passage: asked[index], score: scores[index], isKept: isKept,
        reason: isKept ? said : said + "; below the limit of \(request.limit)")
    }
    let last = scores.min() ?? 0
    return ranked
      + request.candidates.dropFirst(Self.maximumPassages).enumerated().map { rank, candidate in
        RankedPassage(
          passage: candidate.passage, score: last - Double(rank + 1), isKept: false,
          reason: "not among the first \(Self.maximumPassages) of the search, which the reranking model reads"
        )
      }
  }

  private func scores(of passages: [Passage], for question: String) async throws -> [Double] {
    let failure = UpstreamFailure(redaction: Redaction(apiKey.map { [$0] } ?? []))
    guard apiKey?.reveal().utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) ?? true else {
      throw ModelError(
        .rejected, "The key of the reranking server has characters that no key has. Check the configuration.")
    }
    let texts = passages.map {
      EmbeddingText.make(title: $0.title, headings: $0.chunk.headings, text: $0.chunk.text).text
    }
    let request = HTTPRequest(
      url: address.url, headers: headers,
      body: try RerankBody(model: model, query: question, texts: texts, address: address).encoded(),
      timeout: timeout)
    do {
      let response = try await transport.response(to: request, limit: Self.responseLimit)
      guard (200..<300).contains(response.head.status) else {
        throw failure.error(status: response.head.status, body: response.body, retryAfter: nil)
      }
      guard let scores = RerankResults.scores(in: response.body, count: texts.count) else {
        throw failure.malformed("not one score for each passage")
      }
      return scores
    } catch let error as HTTPTransportError {
      try Task.checkCancellation()
      throw failure.error(error)
    }
  }

  private var headers: [(name: String, value: String)] {
    [("User-Agent", "Rill"), ("Content-Type", "application/json"), ("Accept", "application/json")]
      + (apiKey.map { [("Authorization", "Bearer \($0.reveal())")] } ?? [])
  }

  /// Without a locale: "0.713" everywhere. Some models give logits, which are below zero.
  private static func threeDigits(_ value: Double) -> String {
    guard abs(value) < 1e6 else { return "\(value)" }
    let thousandths = Int((abs(value) * 1000).rounded())
    let fraction = String(1000 + thousandths % 1000).dropFirst()
    return (value < 0 && thousandths > 0 ? "-" : "") + "\(thousandths / 1000).\(fraction)"
  }
}
