import Foundation
import Graph

/// The body of a streaming chat completion.
struct ChatRequestBody: Encodable {
  struct StreamOptions: Encodable {
    let includeUsage = true

    enum CodingKeys: String, CodingKey {
      case includeUsage = "include_usage"
    }
  }

  let model: String
  let messages: [ChatMessage]
  let stream = true
  let streamOptions = StreamOptions()
  /// OpenAI's newer models refuse this name, most other servers know only this one.
  var maxTokens: Int?
  var maxCompletionTokens: Int?

  enum CodingKeys: String, CodingKey {
    case model, messages, stream
    case streamOptions = "stream_options"
    case maxTokens = "max_tokens"
    case maxCompletionTokens = "max_completion_tokens"
  }

  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }
}
