import Foundation
import Graph

/// Where an OpenAI-compatible server is, and how to be let in.
public struct OpenAIEndpoint: Sendable, Hashable {
  /// OpenAI's own server.
  public static let defaultBaseURL = "https://api.openai.com/v1"

  /// With `/v1`, without a slash at the end.
  public let baseURL: String
  public let apiKey: Secret?

  /// - Returns: `nil` when the URL is not an absolute `http` or `https` one with a host.
  public init?(baseURL: String = OpenAIEndpoint.defaultBaseURL, apiKey: Secret? = nil) {
    let trimmed = baseURL.trimmingCharacters(in: .whitespaces)
    guard let parts = URLComponents(string: trimmed), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), parts.host?.isEmpty == false, parts.query == nil,
      parts.fragment == nil
    else { return nil }
    self.baseURL = String(trimmed.reversed().drop { $0 == "/" }.reversed())
    self.apiKey = apiKey.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether this is OpenAI itself, which differs from those that are compatible with it.
  var isOpenAI: Bool {
    URLComponents(string: baseURL)?.host?.lowercased() == "api.openai.com"
  }

  /// Whether a key can stand in a header: printable ASCII without spaces.
  func accepts(_ apiKey: Secret?) -> Bool {
    apiKey?.reveal().utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ?? true
  }

  func chatRequest(_ request: ModelRequest, model: String) throws -> HTTPRequest {
    let body = ChatRequestBody(
      model: model, messages: request.messages,
      maxTokens: isOpenAI ? nil : request.maxTokens,
      maxCompletionTokens: isOpenAI ? request.maxTokens : nil)
    return HTTPRequest(
      url: baseURL + "/chat/completions",
      headers: authorizedHeaders + [
        ("Content-Type", "application/json"), ("Accept", "text/event-stream, application/json"),
      ],
      body: try body.encoded())
  }

  func modelsRequest(timeout: Duration) -> HTTPRequest {
    HTTPRequest(
      url: baseURL + "/models", headers: authorizedHeaders + [("Accept", "application/json")],
      timeout: timeout)
  }

  /// What every request carries.
  var authorizedHeaders: [(name: String, value: String)] {
    [("User-Agent", "Rill")] + (apiKey.map { [("Authorization", "Bearer \($0.reveal())")] } ?? [])
  }
}
