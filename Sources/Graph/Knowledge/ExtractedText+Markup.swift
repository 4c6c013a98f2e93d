/// Texts that are read as they stand.
extension ExtractedText {
  /// The title is the first heading's.
  public static func markdown(_ text: String) -> ExtractedText {
    let blocks = MarkdownBlockScanner.blocks(of: Array(text.utf8))
    let title = blocks.lazy.compactMap { block in
      if case .heading(_, let title) = block.kind, !title.isEmpty { title } else { nil }
    }.first
    return ExtractedText(
      title: title.map { String($0.prefix(DocumentOutline.maximumLength)) }, text: text, blocks: blocks)
  }

  /// Paragraphs between blank lines.
  public static func plainText(_ text: String) -> ExtractedText {
    let bytes = Array(text.utf8)
    var blocks: [TextBlock] = []
    var current: Range<Int>?
    func close() {
      if let range = current { blocks.append(TextBlock(kind: .paragraph, range: range)) }
      current = nil
    }
    for line in bytes.lines(in: bytes.byteOrderMarkLength..<bytes.count) {
      if let text = bytes.trimmed(line.range) {
        current = (current?.lowerBound ?? line.range.lowerBound)..<text.upperBound
      } else {
        close()
      }
    }
    close()
    return ExtractedText(title: nil, text: text, blocks: blocks)
  }
}
