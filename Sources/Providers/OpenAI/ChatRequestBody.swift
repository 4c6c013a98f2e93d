import Foundation
import Graph

/// The body of a streaming chat completion.
struct ChatRequestBody: Encodable {
  struct StreamOptions: Encodable {
    let include_usage = true
  }

  let model: String
  let messages: [ChatMessage]
  let stream = true
  let stream_options = StreamOptions()
  /// OpenAI's newer models refuse this name, most other servers know only this one.
  var max_tokens: Int?
  var max_completion_tokens: Int?

  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }
}
