import Graph

/// What one chunk of a chat completion says, streamed or whole.
///
/// Servers differ: chunks without choices (usage), without content (roles, hidden reasoning), without usage,
/// with an error in place of everything. Members that are not named here are skipped.
struct ChatChunk {
  var text = ""
  var finishReason: FinishReason?
  var usage: TokenUsage?
  var error: UpstreamErrorBody?

  /// - Throws: ``JSONCursorError`` when the bytes are not one JSON object.
  init(parsing bytes: UnsafeRawBufferPointer) throws {
    var cursor = JSONCursor(bytes)
    var plainError = UpstreamErrorBody()
    var isError = false
    try cursor.readObject { cursor, key in
      switch key {
      case "choices": try readChoices(&cursor)
      case "usage": usage = try Self.readUsage(&cursor) ?? usage
      case "error": error = try UpstreamErrorBody(reading: &cursor) ?? error
      // vLLM sends its errors without a wrapper.
      case "object": isError = try cursor.readString() == "error"
      case "message": plainError.message = try cursor.readString()
      case "code": try plainError.readCode(&cursor)
      default: try cursor.skip()
      }
    }
    try cursor.expectEnd()
    if isError, error == nil { error = plainError }
  }

  private mutating func readChoices(_ cursor: inout JSONCursor) throws {
    guard try cursor.kind() == .array else { return try cursor.skip() }
    try cursor.readArray { cursor, index in
      guard index == 0, try cursor.kind() == .object else { return try cursor.skip() }
      try cursor.readObject { cursor, key in
        switch key {
        case "delta", "message": try readMessage(&cursor)
        case "finish_reason":
          if let reason = try cursor.readString() { finishReason = FinishReason(upstream: reason) }
        default: try cursor.skip()
        }
      }
    }
  }

  private mutating func readMessage(_ cursor: inout JSONCursor) throws {
    guard try cursor.kind() == .object else { return try cursor.skip() }
    try cursor.readObject { cursor, key in
      switch key {
      case "content": text += try cursor.readString() ?? ""
      default: try cursor.skip()
      }
    }
  }

  private static func readUsage(_ cursor: inout JSONCursor) throws -> TokenUsage? {
    guard try cursor.kind() == .object else {
      try cursor.skip()
      return nil
    }
    var prompt: Int?
    var completion: Int?
    try cursor.readObject { cursor, key in
      switch key {
      case "prompt_tokens": prompt = try cursor.readInt()
      case "completion_tokens": completion = try cursor.readInt()
      default: try cursor.skip()
      }
    }
    guard prompt != nil || completion != nil else { return nil }
    return TokenUsage(promptTokens: max(0, prompt ?? 0), completionTokens: max(0, completion ?? 0))
  }
}

extension FinishReason {
  /// Reasons that Rill has no use for (tool calls, a server's own words) are an ordinary end.
  fileprivate init(upstream reason: String) {
    switch reason {
    case "length", "max_tokens": self = .length
    case "content_filter": self = .contentFilter
    default: self = .stop
    }
  }
}
