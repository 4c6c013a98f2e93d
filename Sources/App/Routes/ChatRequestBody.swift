import Foundation
import Graph
import Hummingbird

/// The body of `POST /chat/stream` and `POST /chat`.
struct ChatRequestBody: Decodable, Sendable {
  /// Unicode scalars, so that any client counts alike.
  static let maxMessageLength = 8_000

  var message: String
  var sessionID: UUID?
  var runID: UUID?
  var parentID: UUID?

  private enum CodingKeys: String, CodingKey {
    case message
    case sessionID = "session_id"
    case runID = "run_id"
    case parentID = "parent_id"
  }

  static func decode(_ request: Request, _ context: AppRequestContext) async throws -> ChatRequestBody {
    var body = try await JSONBody.decode(ChatRequestBody.self, from: request, context)
    body.message = body.message.storable
    let length = body.message.unicodeScalars.count
    guard length > 0, !body.message.allSatisfy(\.isWhitespace) else {
      throw RequestError.invalid("message", "message is empty. Ask something.")
    }
    guard length <= maxMessageLength else {
      throw RequestError.invalid(
        "message", "message has \(length) characters; at most \(maxMessageLength) are allowed.")
    }
    return body
  }

  func runRequest(client: String?) -> RunRequest {
    RunRequest(message: message, sessionID: sessionID, runID: runID, parentID: parentID, client: client)
  }
}

/// The body of `POST /chat/runs/{id}/continue`.
struct ContinuationBody: Decodable, Sendable {
  /// The id that the new run shall have.
  var runID: UUID?

  private enum CodingKeys: String, CodingKey {
    case runID = "run_id"
  }
}
