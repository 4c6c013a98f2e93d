import Foundation
import Graph

/// What one NOTIFY carries: messages of a node, in order.
///
/// A JSON array: the sender's id, then the messages. A message of a kind that this version does not know comes from a
/// newer one during an update, and is left out.
struct PostgresNotification: Sendable, Hashable {
  let sender: UUID
  let messages: [NodeMessage]

  /// PostgreSQL takes less than 8,000 bytes.
  static let largestPayload = 7_999

  init?(payload: String) {
    guard let parts = try? JSONDecoder().decode([Part].self, from: Data(payload.utf8)),
      case .sender(let sender)? = parts.first
    else { return nil }
    self.sender = sender
    messages = parts.compactMap { part in
      if case .message(let message) = part { message } else { nil }
    }
  }

  /// As few payloads as hold the messages, in order.
  /// - Throws: ``StoreError`` for a message that is too large for any.
  static func payloads(of messages: [NodeMessage], from sender: UUID) throws -> [String] {
    let head = "[\"\(StoredValues.text(sender))\""
    var payloads: [String] = []
    var current = head
    for message in messages {
      let json = try StoredValues.json(message)
      if current.utf8.count + json.utf8.count + 2 > largestPayload, current != head {
        payloads.append(current + "]")
        current = head
      }
      current += "," + json
      guard current.utf8.count + 1 <= largestPayload else {
        throw StoreError(
          .failed, "A message to another node is too large.", detail: "\(json.utf8.count) bytes")
      }
    }
    return payloads + [current + "]"]
  }

  private enum Part: Decodable {
    case sender(UUID), message(NodeMessage), unknown

    init(from decoder: any Decoder) {
      if let text = try? decoder.singleValueContainer().decode(String.self), let id = UUID(uuidString: text) {
        self = .sender(id)
      } else {
        self = (try? NodeMessage(from: decoder)).map(Part.message) ?? .unknown
      }
    }
  }
}
