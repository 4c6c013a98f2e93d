import Foundation
import Graph

/// Makes one request for embeddings, and makes it again when the server is busy or has a problem of its own.
struct EmbeddingsClient: Sendable {
  let endpoint: OpenAIEndpoint
  let model: String
  let transport: HTTPTransport
  let timeout: Duration
  let clock: any Clock<Duration>
  let now: @Sendable () -> Date

  /// The longest answer that is read, in bytes: 64 vectors of 4,096 numbers in full.
  private static let responseLimit = 16 << 20
  private static let firstPause = Duration.milliseconds(500)
  /// A server that asks for more patience than this is left alone.
  private static let longestPause = Duration.seconds(60)

  /// - Parameters:
  ///   - dimension: what every vector must have; `nil` takes what comes.
  ///   - attempts: how often the request is made in all.
  /// - Returns: a vector of length 1 for each text, in order.
  /// - Throws: ``ModelError``, or `CancellationError`, soon after which the connection is closed.
  func embeddings(of texts: [String], dimension: Int?, attempts: Int) async throws -> [[Float]] {
    var pause = Self.firstPause
    for attempt in 1... {
      do {
        return try await request(texts, dimension: dimension)
      } catch let error as ModelError {
        let wait = error.retryAfter ?? pause
        guard attempt < attempts, [.rateLimited, .unavailable].contains(error.code), wait <= Self.longestPause
        else { throw error.ofEmbeddings }
        try await clock.sleep(for: wait)
        pause = min(pause * 2, Self.longestPause)
      }
    }
    // Not reached: the loop returns or throws.
    throw CancellationError()
  }

  private func request(_ texts: [String], dimension: Int?) async throws -> [[Float]] {
    let failures = UpstreamFailure(redaction: endpoint.redaction)
    let response: HTTPResponse
    do {
      response = try await transport.response(
        to: try endpoint.embeddingsRequest(texts, model: model, timeout: timeout), limit: Self.responseLimit)
    } catch let error as HTTPTransportError {
      throw failures.error(error)
    }
    try Task.checkCancellation()
    guard (200..<300).contains(response.head.status) else {
      throw failures.error(
        status: response.head.status, body: response.body,
        retryAfter: RetryAfter.duration(response.head, now: now()))
    }
    do {
      return try EmbeddingsResponse(parsing: response.body).vectors(count: texts.count, dimension: dimension)
    } catch let error as EmbeddingsResponse.Malformed {
      throw ModelError(
        .rejected,
        "The server's answer does not hold the embeddings that were asked for. Check the embedding model's name and "
          + "the base URL in the configuration.", detail: error.reason)
    }
  }
}

extension ModelError {
  /// Tells the user that it is not the model that answers which failed.
  fileprivate var ofEmbeddings: ModelError {
    ModelError(code, "No embeddings could be made. \(message)", retryAfter: retryAfter, detail: detail)
  }
}

extension OpenAIEndpoint {
  fileprivate func embeddingsRequest(
    _ texts: [String], model: String, timeout: Duration
  ) throws -> HTTPRequest {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return HTTPRequest(
      url: baseURL + "/embeddings",
      headers: authorizedHeaders + [("Content-Type", "application/json"), ("Accept", "application/json")],
      body: Array(try encoder.encode(EmbeddingsRequestBody(model: model, input: texts))), timeout: timeout)
  }
}

private struct EmbeddingsRequestBody: Encodable {
  let model: String
  let input: [String]
  let encodingFormat = "float"

  enum CodingKeys: String, CodingKey {
    case model, input
    case encodingFormat = "encoding_format"
  }
}
