import Foundation
import Graph

/// The answer to `GET /v1/models`.
struct ModelList: Decodable {
  struct Entry: Decodable {
    let id: String
    /// vLLM says how much the model takes; OpenRouter says it under another name.
    let maxModelLength: Int?
    let contextLength: Int?

    var contextTokens: Int? { maxModelLength ?? contextLength }

    enum CodingKeys: String, CodingKey {
      case id
      case maxModelLength = "max_model_len"
      case contextLength = "context_length"
    }
  }

  let data: [Entry]

  /// The longest list that is read, in bytes; OpenRouter's is about half a megabyte.
  private static let limit = 8 << 20

  /// - Throws: ``ModelError`` or `CancellationError`.
  static func load(
    from endpoint: OpenAIEndpoint, transport: HTTPTransport, timeout: Duration, now: @Sendable () -> Date
  ) async throws -> ModelList {
    let failures = UpstreamFailure(redaction: endpoint.redaction)
    let response: HTTPResponse
    do {
      response = try await transport.response(to: endpoint.modelsRequest(timeout: timeout), limit: limit)
    } catch let error as HTTPTransportError {
      throw failures.error(error)
    }
    guard (200..<300).contains(response.head.status) else {
      throw failures.error(
        status: response.head.status, body: response.body,
        retryAfter: RetryAfter.duration(response.head, now: now()))
    }
    do {
      return try JSONDecoder().decode(ModelList.self, from: Data(response.body))
    } catch {
      throw failures.malformed(
        "the list of models: \(String(decoding: response.body.prefix(200), as: UTF8.self))")
    }
  }
}

extension OpenAIEndpoint {
  var redaction: Redaction { Redaction(apiKey.map { [$0] } ?? []) }
}
