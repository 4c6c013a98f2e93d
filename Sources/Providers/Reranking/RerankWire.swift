import Foundation
import Graph

/// Where a reranking server is, and which shape it speaks.
struct RerankAddress: Sendable, Hashable {
  let url: String
  /// Whether the address has a version, as in `/v1/rerank`; only Text Embeddings Inference has none.
  let isVersioned: Bool

  init?(_ text: String) {
    let trimmed = text.trimmingCharacters(in: .whitespaces)
    guard var parts = URLComponents(string: trimmed), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), parts.host?.isEmpty == false, parts.fragment == nil
    else { return nil }
    while parts.path.hasSuffix("/") { parts.path.removeLast() }
    let last = parts.path.split(separator: "/").last.map(String.init) ?? ""
    if parts.path.isEmpty {
      parts.path = "/v1/rerank"
    } else if Self.isVersion(last) {
      parts.path += "/rerank"
    }
    guard let url = parts.string else { return nil }
    self.url = url
    isVersioned = parts.path.split(separator: "/").contains { Self.isVersion(String($0)) }
  }

  private static func isVersion(_ part: String) -> Bool {
    part.first == "v" && part.count > 1 && part.dropFirst().allSatisfy(\.isNumber)
  }
}

/// The body of a request.
struct RerankBody: Encodable {
  var model: String?
  var query: String
  /// As everybody but Text Embeddings Inference calls them.
  var documents: [String]
  var topCount: Int?
  /// As Text Embeddings Inference calls them; servers that have both addresses overlook it.
  var texts: [String]?
  /// Text Embeddings Inference refuses texts that are too long for the model, unless it is told to cut them.
  var truncate: Bool?

  private enum CodingKeys: String, CodingKey {
    case model, query, documents, texts, truncate
    case topCount = "top_n"
  }

  init(model: String?, query: String, texts: [String], address: RerankAddress) {
    self.model = model
    self.query = query
    documents = texts
    topCount = texts.count
    self.texts = address.isVersioned ? nil : texts
    truncate = address.isVersioned ? nil : true
  }

  func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(self)) }
}

/// Reads the scores of every shape in use.
enum RerankResults {
  private struct Result: Decodable {
    var index: Int
    var relevanceScore: Double?
    var score: Double?

    private enum CodingKeys: String, CodingKey {
      case index, score
      case relevanceScore = "relevance_score"
    }
  }

  private struct Envelope: Decodable {
    /// Cohere, Jina, vLLM and llama.cpp.
    var results: [Result]?
    /// Voyage.
    var data: [Result]?
  }

  /// - Returns: the score of each passage, in their order; `nil` unless each has exactly one.
  static func scores(in body: [UInt8], count: Int) -> [Double]? {
    let data = Data(body)
    let decoder = JSONDecoder()
    let envelope = try? decoder.decode(Envelope.self, from: data)
    guard
      let results = envelope?.results ?? envelope?.data ?? (try? decoder.decode([Result].self, from: data)),
      results.count == count
    else { return nil }
    var scores = [Double?](repeating: nil, count: count)
    for result in results {
      guard scores.indices.contains(result.index), scores[result.index] == nil,
        let score = result.relevanceScore ?? result.score, score.isFinite
      else { return nil }
      scores[result.index] = score
    }
    return scores.compactMap(\.self)
  }
}
