import Graph

/// Joins the lines of pages to paragraphs, list items, rows, code and headings.
struct PDFTextAssembler {
  private var builder: TextBuilder
  private var starts: [Int] = []
  private var open: Paragraph?
  private var headings: PDFHeadings
  private var hyphenation = PDFHyphenation()
  /// The line that was added last.
  private var lastLine: PDFLine?
  /// Where the longest line of the last page ends.
  private var right = 0.0
  /// The largest heading of the first page that has any.
  private var largest: (level: Int, title: String, page: Int)?

  private struct Paragraph {
    var kind: TextBlock.Kind
    var text: [UInt8]
  }

  static func assemble(
    _ pages: [PDFPage], title: String?, _ context: ExtractionContext
  ) throws(ExtractionError) -> ExtractedText {
    var pages = pages
    PDFRunningLines.remove(from: &pages)
    var assembler = PDFTextAssembler(pages, context.limits)
    for page in pages {
      try context.check()
      try assembler.add(page)
    }
    try assembler.close()
    assembler.builder.setPages(startingAt: assembler.starts)
    assembler.builder.title = title ?? assembler.largest.flatMap { $0.page <= 2 ? $0.title : nil }
    return try assembler.builder.finish()
  }

  private init(_ pages: [PDFPage], _ limits: ExtractionLimits) {
    builder = TextBuilder(limits: limits)
    headings = PDFHeadings(pages: pages)
    for line in pages.lazy.flatMap(\.blocks).flatMap(\.self) { hyphenation.learn(line.text) }
  }

  private mutating func add(_ page: PDFPage) throws(ExtractionError) {
    var blocks = PDFRows.joined(page.blocks)[...]
    defer { right = page.blocks.lazy.flatMap(\.self).map(\.right).max() ?? 0 }
    if let first = blocks.first?.first, goesOn(with: first), var paragraph = open {
      // The page begins inside the paragraph.
      hyphenation.join(first.text, to: &paragraph.text)
      starts.append(builder.position + paragraph.text.count - first.text.count)
      open = paragraph
      if let block = blocks.popFirst() {
        try addText(block.dropFirst(), after: first)
        lastLine = block.last
      }
    } else {
      try close()
      starts.append(builder.position)
      lastLine = nil
    }
    for block in blocks {
      if let first = block.first, goesOnBelow(first) || first.isRow && open?.kind == .table {
        try addText(block[...], after: nil)
      } else {
        try close()
        try add(block)
      }
      lastLine = block.last
    }
  }

  /// Whether a block only goes on with the paragraph above it: the lines of a list item that are indented are one of their
  /// own to poppler.
  private func goesOnBelow(_ line: PDFLine) -> Bool {
    guard let open, open.kind == .paragraph || open.kind == .listItem, let last = open.text.last, let lastLine
    else { return false }
    let gap = line.top - lastLine.bottom
    return !".?!:".utf8.contains(last) && abs(line.height - lastLine.height) < 0.5
      && gap > -0.3 * line.height && gap < 0.5 * line.height && line.left < lastLine.right
      && lastLine.left < line.right && !PDFRows.isListItem(line.text) && !line.isRow
      && headings.isText(line)
  }

  /// Adds a block: its headings first, then its text.
  private mutating func add(_ block: [PDFLine]) throws(ExtractionError) {
    var lines = block[...]
    while let heading = headings.heading(in: lines) {
      var title: [UInt8] = []
      for line in lines.prefix(heading.lines) { hyphenation.join(line.text, to: &title) }
      try addHeading(String(decoding: title, as: UTF8.self), heading.level)
      lines = lines.dropFirst(heading.lines)
    }
    if let code = PDFRows.code(lines, isAfterCode: builder.blocks.last?.kind == .code) {
      try builder.append(.code, code)
    } else {
      try addText(lines, after: nil)
    }
  }

  private mutating func addHeading(_ title: String, _ level: Int) throws(ExtractionError) {
    let page = starts.count
    if largest.map({ $0.page == page && $0.level > level }) ?? true { largest = (level, title, page) }
    try builder.append(.heading(level: level, title: title), title)
  }

  private mutating func addText(
    _ lines: ArraySlice<PDFLine>, after first: PDFLine?
  ) throws(ExtractionError) {
    let shape = PDFBlockShape(lines)
    var previous = first
    for line in lines {
      if line.isRow {
        if open?.kind != .table { try close() }
        addRow(line)
      } else if PDFRows.isListItem(line.text) {
        try close()
        open = Paragraph(kind: .listItem, text: line.text)
      } else if open == nil || open?.kind == .table || shape.breaks(between: previous, and: line) {
        try close()
        open = Paragraph(kind: .paragraph, text: line.text)
      } else if var paragraph = open {
        open = nil
        hyphenation.join(line.text, to: &paragraph.text)
        open = paragraph
      }
      previous = line
    }
  }

  private mutating func addRow(_ line: PDFLine) {
    var row = open ?? Paragraph(kind: .table, text: [])
    if !row.text.isEmpty { row.text.append(UInt8(ascii: "\n")) }
    row.text.append(contentsOf: line.text)
    open = row
  }

  private mutating func close() throws(ExtractionError) {
    if let open { try builder.append(open.kind, open.text) }
    open = nil
  }

  /// Whether the paragraph at the end of the last page has its next line at the top of this one.
  private func goesOn(with line: PDFLine) -> Bool {
    guard let open, open.kind == .paragraph || open.kind == .listItem, let last = open.text.last,
      !PDFRows.isListItem(line.text)
    else { return false }
    if ".?!:".utf8.contains(last) { return false }
    let isLower = String(decoding: line.text.prefix(4), as: UTF8.self).first?.isLowercase == true
    // A line that is full goes on with a capital letter, too: German has many.
    let isFull = lastLine.map { $0.right > right * 0.9 && abs($0.height - line.height) < 0.5 } ?? false
    return isLower || isFull || last == UInt8(ascii: "-")
  }
}

/// The measures of a block of lines that tell where its paragraphs end.
private struct PDFBlockShape {
  private var left = Double.infinity
  private var right = 0.0
  private var gap = 0.0

  init(_ lines: ArraySlice<PDFLine>) {
    for line in lines {
      left = min(left, line.left)
      right = max(right, line.right)
    }
    let gaps = zip(lines, lines.dropFirst()).map { $1.top - $0.bottom }.sorted()
    gap = gaps.isEmpty ? 0 : gaps[gaps.count / 2]
  }

  /// A paragraph ends before a wide gap or an indented line, or after a short line that ends a sentence.
  func breaks(between line: PDFLine?, and next: PDFLine) -> Bool {
    guard let line, let last = line.text.last else { return false }
    if next.top - line.bottom > max(gap, 0) + 0.4 * line.height { return true }
    let endsSentence = ".?!:".utf8.contains(last)
    let isIndented = next.left > left + 0.7 * line.height && next.left > line.left + 0.7 * line.height
    let isShort = line.right < left + (right - left) * 0.85
    let first = next.text.first ?? 0
    let beginsSentence = !(first >= UInt8(ascii: "a") && first <= UInt8(ascii: "z"))
    return endsSentence && beginsSentence && (isIndented || isShort)
  }
}
