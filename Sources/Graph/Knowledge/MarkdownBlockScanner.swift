/// Finds the blocks of a Markdown text in one pass.
///
/// It knows as much of CommonMark and GitHub's tables as it takes to cut a text at the right places and to know under which
/// headings a piece stands; nested blocks stay inside the outermost one.
struct MarkdownBlockScanner {
  private let bytes: [UInt8]
  private let lines: [TextLine]
  private var index = 0
  private var blocks: [TextBlock] = []

  static func blocks(of bytes: [UInt8]) -> [TextBlock] {
    var scanner = MarkdownBlockScanner(bytes)
    scanner.scan()
    return scanner.blocks
  }

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
    lines = bytes.lines(in: bytes.byteOrderMarkLength..<bytes.count)
  }

  private func line(_ index: Int) -> MarkdownLine? {
    index < lines.count ? MarkdownLine(bytes, lines[index]) : nil
  }

  private mutating func scan() {
    takeFrontMatter()
    while let line = line(index) {
      if line.isBlank {
        index += 1
      } else if let level = line.headingLevel {
        take(1, as: .heading(level: level, title: MarkdownText.headingTitle(line.text)))
      } else if let fence = line.fence {
        take(linesOfFence(fence), as: .code)
      } else if line.opensComment {
        take(linesOfComment(), as: .other)
      } else if line.isThematicBreak {
        take(1, as: .other)
      } else if let indent = line.listItemIndent {
        take(linesOfListItem(indent), as: .listItem)
      } else if line.isQuote {
        take(linesOfQuote(), as: .quote)
      } else if line.indent >= 4 {
        take(linesOfIndentedCode(), as: .code)
      } else if line.hasCellBorder, self.line(index + 1)?.isTableDelimiter == true {
        take(linesOfTable(), as: .table)
      } else {
        takeParagraph()
      }
    }
  }

  /// Makes a block of the next `count` lines; blank ones at its end do not belong to it.
  private mutating func take(_ count: Int, as kind: TextBlock.Kind) {
    let start = lines[index].range.lowerBound
    let end = lines[index + count - 1].range.upperBound
    index += count
    guard let trimmed = bytes.trimmed(start..<end) else { return }
    blocks.append(TextBlock(kind: kind, range: start..<trimmed.upperBound))
  }

  /// `---` in the first line, and again or `...` further down: settings, as many site generators read them.
  private mutating func takeFrontMatter() {
    guard let first = lines.first, bytes[first.range].elementsEqual("---".utf8) else { return }
    let limit = min(lines.count, 200)
    guard
      let last = lines[1..<max(limit, 1)].firstIndex(where: {
        bytes[$0.range].elementsEqual("---".utf8) || bytes[$0.range].elementsEqual("...".utf8)
      })
    else { return }
    take(last + 1, as: .other)
  }

  private mutating func takeParagraph() {
    var count = 1
    while let line = line(index + count), !line.isBlank {
      if let level = line.underlineLevel {
        let text = lines[index..<(index + count)].map { String(decoding: bytes[$0.range], as: UTF8.self) }
        let title = MarkdownText.plain(String(text.joined(separator: " ").prefix(1_000)))
        return take(count + 1, as: .heading(level: level, title: title))
      }
      guard !line.interruptsParagraph else { break }
      if line.hasCellBorder, self.line(index + count + 1)?.isTableDelimiter == true { break }
      count += 1
    }
    take(count, as: .paragraph)
  }

  private func linesOfFence(_ fence: (mark: UInt8, length: Int)) -> Int {
    var count = 1
    while let line = line(index + count) {
      count += 1
      if line.closes(fence) { break }
    }
    return count
  }

  private func linesOfComment() -> Int {
    var count = 0
    while let line = line(index + count) {
      count += 1
      if line.closesComment { break }
    }
    return count
  }

  private func linesOfListItem(_ indent: Int) -> Int {
    var count = 1
    var isAfterBlank = false
    while let line = line(index + count) {
      if line.isBlank {
        isAfterBlank = true
      } else if line.indent < indent {
        guard !isAfterBlank, !line.interruptsListItem else { break }
      } else {
        isAfterBlank = false
      }
      count += 1
    }
    return count
  }

  private func linesOfQuote() -> Int {
    var count = 1
    while let line = line(index + count), !line.isBlank, line.isQuote || !line.interruptsParagraph {
      count += 1
    }
    return count
  }

  private func linesOfIndentedCode() -> Int {
    var count = 1
    while let line = line(index + count), line.isBlank || line.indent >= 4 { count += 1 }
    return count
  }

  private func linesOfTable() -> Int {
    var count = 2
    while let line = line(index + count), !line.isBlank, line.hasCellBorder { count += 1 }
    return count
  }
}
