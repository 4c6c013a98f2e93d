import Graph

/// Reads texts whose lines count: source code, settings, data and logs. The text stays as it is.
enum LineReader {
  enum Style {
    /// Blocks begin where a line without indentation follows a blank one: with a function, a class, or its comment.
    case code
    /// As code, and every line without indentation begins a block: a key with all that is under it.
    case settings
    /// Every line stands for itself.
    case records
  }

  static func read(
    _ bytes: [UInt8], _ style: Style, _ context: ExtractionContext
  ) throws(ExtractionError) -> ExtractedText {
    guard bytes.count <= context.limits.extractedBytes else { throw .tooMuchText(context.limits) }
    var blocks: [TextBlock] = []
    var start: Int?
    var end = 0
    var isAfterBlank = true
    func close() {
      if let start, start < end {
        blocks.append(TextBlock(kind: style == .records ? .table : .code, range: start..<end))
      }
      start = nil
    }
    var index = 0
    while index < bytes.count {
      try context.checkOften()
      let lineEnd =
        bytes[index...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? bytes.count
      var contentEnd = lineEnd
      while contentEnd > index, bytes[contentEnd - 1].isWhiteSpace { contentEnd -= 1 }
      if contentEnd == index {
        isAfterBlank = true
      } else {
        let isLong = start.map { contentEnd - $0 > TextBuilder.maximumBlockLength } ?? false
        if isLong || begins(bytes[index], style, isAfterBlank) { close() }
        start = start ?? index
        end = contentEnd
        isAfterBlank = false
      }
      index = lineEnd + 1
    }
    close()
    guard !blocks.isEmpty else { throw .noText }
    return ExtractedText(title: nil, text: String(decoding: bytes, as: UTF8.self), blocks: blocks)
  }

  /// Whether a line that begins with this byte begins a block.
  private static func begins(_ first: UInt8, _ style: Style, _ isAfterBlank: Bool) -> Bool {
    guard !first.isWhiteSpace else { return false }
    switch style {
    case .code: return isAfterBlank && !"})]".utf8.contains(first)
    case .settings: return first.isASCIILetter || first == UInt8(ascii: "[") || first == UInt8(ascii: "\"")
    case .records: return false
    }
  }
}
