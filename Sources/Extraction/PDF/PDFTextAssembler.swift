import Graph

/// Joins the lines of pages to paragraphs, list items, rows and headings.
struct PDFTextAssembler {
  var title: String?
  private var builder: TextBuilder
  private var starts: [Int] = []
  private var open: Paragraph?
  private var numbering = SectionNumbering()
  private var words = PDFHyphenation()

  private struct Paragraph {
    var kind: TextBlock.Kind
    var text: [UInt8]
  }

  init(limits: ExtractionLimits) {
    builder = TextBuilder(limits: limits)
  }

  mutating func assemble(
    _ pages: [[UInt8]], _ context: ExtractionContext
  ) throws(ExtractionError) -> ExtractedText {
    let pages = PDFPageLines.lines(of: pages)
    for page in pages {
      for line in page { words.learn(line) }
    }
    for page in pages {
      try context.check()
      try add(page)
    }
    try close()
    builder.setPages(startingAt: starts)
    builder.title = title
    return try builder.finish()
  }

  private mutating func add(_ page: [[UInt8]]) throws(ExtractionError) {
    let width = Self.usualWidth(of: page)
    var isFirst = true
    for group in page.split(whereSeparator: \.isEmpty) {
      let lines = Array(group)
      if isFirst {
        isFirst = false
        if goesOn(with: lines[0]), var paragraph = open {
          // The page begins inside the paragraph.
          words.join(lines[0], to: &paragraph.text)
          starts.append(builder.position + paragraph.text.count - lines[0].count)
          open = paragraph
          try add(Array(lines.dropFirst()), width, goingOn: true)
          continue
        }
        try close()
        starts.append(builder.position)
      }
      try close()
      try add(lines, width, goingOn: false)
    }
    if isFirst {
      try close()
      starts.append(builder.position)
    }
  }

  /// Adds lines that stand together.
  private mutating func add(_ lines: [[UInt8]], _ width: Int, goingOn: Bool) throws(ExtractionError) {
    if !goingOn, lines.count == 1, let level = numbering.headingLevel(of: lines[0]) {
      let title = String(decoding: lines[0], as: UTF8.self)
      return try builder.append(.heading(level: level, title: title), title)
    }
    let areRows =
      !goingOn && lines.count >= 4 && lines.count(where: { $0.count * 2 < width }) * 4 >= lines.count * 3
    var previous: [UInt8]?
    for line in lines {
      if let mark = Self.itemMark(of: line), !areRows || mark == .bullet {
        try close()
        open = Paragraph(kind: .listItem, text: line)
      } else if areRows, open?.kind != .listItem {
        if open == nil { open = Paragraph(kind: .table, text: []) }
        if open?.text.isEmpty == false { open?.text.append(UInt8(ascii: "\n")) }
        open?.text.append(contentsOf: line)
      } else if open == nil || endsParagraph(previous, before: line, width) {
        try close()
        open = Paragraph(kind: .paragraph, text: line)
      } else {
        open.mutate { words.join(line, to: &$0.text) }
      }
      previous = line
    }
  }

  private mutating func close() throws(ExtractionError) {
    if let open { try builder.append(open.kind, open.text) }
    open = nil
  }

  /// Whether the paragraph at the end of the last page has its next line at the top of this one.
  private func goesOn(with line: [UInt8]) -> Bool {
    guard let open, open.kind == .paragraph || open.kind == .listItem, let last = open.text.last else {
      return false
    }
    let first = Character(
      String(decoding: line.prefix(4), as: UTF8.self).prefix(1).isEmpty
        ? " " : String(decoding: line.prefix(4), as: UTF8.self).first.map(String.init) ?? " ")
    return !".?!:".utf8.contains(last) && (first.isLowercase || last == UInt8(ascii: "-"))
  }

  /// Whether a line is the last one of its paragraph: it is short, its sentence ends, and the next one begins like one.
  private func endsParagraph(_ line: [UInt8]?, before next: [UInt8], _ width: Int) -> Bool {
    guard let line, line.count * 10 < width * 8, let last = line.last else { return false }
    let first = next.first ?? 0
    let beginsNew = first >= 0x80 || !(first >= UInt8(ascii: "a") && first <= UInt8(ascii: "z"))
    return ".?!:".utf8.contains(last) && beginsNew
  }

  /// The length that most lines of running text on a page reach.
  private static func usualWidth(of page: [[UInt8]]) -> Int {
    let lengths = page.map(\.count).filter { $0 > 0 }.sorted()
    return lengths.isEmpty ? 0 : lengths[min(lengths.count - 1, lengths.count * 8 / 10)]
  }

  private enum ItemMark { case bullet, number }

  /// Whether a line begins an item of a list.
  private static func itemMark(of line: [UInt8]) -> ItemMark? {
    for bullet in ["• ", "◦ ", "▪ ", "■ ", "● ", "‣ ", "– ", "- ", "* ", "· "]
    where line.starts(with: bullet.utf8) {
      return .bullet
    }
    let digits = line.prefix(while: \.isASCIIDigit).count
    let rest = line.dropFirst(digits)
    let isNumber =
      (1...2).contains(digits) && (rest.starts(with: ". ".utf8) || rest.starts(with: ") ".utf8))
      || line.count > 4 && line[0] == UInt8(ascii: "(") && line[1].isASCIILetter
        && line[2] == UInt8(ascii: ")")
    return isNumber ? .number : nil
  }
}

extension Optional {
  fileprivate mutating func mutate(_ body: (inout Wrapped) -> Void) {
    guard var value = self else { return }
    self = nil
    body(&value)
    self = value
  }
}
