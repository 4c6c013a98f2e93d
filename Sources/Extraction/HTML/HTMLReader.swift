import Graph

/// Turns the elements of a page into blocks of text.
final class HTMLReader: MarkupHandler {
  private var builder: TextBuilder
  private var inline = InlineText()
  /// How many open elements are inside a part that is left out, itself included.
  private var skipDepth = 0
  private var headingLevel: Int?
  private var preDepth = 0
  private var quoteDepth = 0
  private var item = HTMLListItem()
  private var tables: [TableCollector] = []
  private var isInTitle = false
  private var title = InlineText()

  private init(_ builder: TextBuilder) {
    self.builder = builder
  }

  /// Adds the text of a page to a builder, whose title is set when it has none yet.
  /// - Parameter utf8: valid UTF-8.
  static func read(
    _ utf8: [UInt8], into builder: inout TextBuilder, _ context: ExtractionContext
  ) throws(ExtractionError) {
    let reader = HTMLReader(builder)
    // The text must not be there twice while it grows.
    builder = TextBuilder(limits: context.limits)
    try HTMLDocument.parse(utf8, to: reader, context)
    try reader.finish()
    builder = reader.builder
  }

  private func finish() throws(ExtractionError) {
    try flush()
    try closeItem()
    while let table = tables.popLast() { try builder.append(.table, table.text) }
    let title = String(decoding: title.take(), as: UTF8.self)
    if builder.title == nil, !title.isEmpty { builder.title = String(title.prefix(500)) }
  }

  // MARK: Events

  func start(_ name: String, _ attributes: MarkupAttributes) throws(ExtractionError) {
    guard skipDepth == 0 else {
      skipDepth += 1
      return
    }
    let tag = HTMLTag(name)
    if tag == .skipped || name != "body" && name != "html" && HTMLTag.isFurniture(attributes) {
      skipDepth = 1
      inline.addSpace()
      return
    }
    switch tag {
    case .inline: return
    case .lineBreak: return try breakLine()
    case .title:
      isInTitle = true
      return
    default: try flush()
    }
    try open(tag, attributes)
  }

  private func open(_ tag: HTMLTag, _ attributes: MarkupAttributes) throws(ExtractionError) {
    switch tag {
    case .heading(let level):
      try makeLayout()
      try closeItem()
      headingLevel = level
    case .pre:
      try makeLayout()
      preDepth += 1
    case .quote: quoteDepth += 1
    case .unorderedList: item.openList(.unordered)
    case .orderedList: item.openList(.ordered(next: attributes["start"].flatMap { Int($0) } ?? 1))
    case .definitionList: item.openList(.definitions)
    case .item, .term, .definition:
      guard !isInCell else { return }
      if tag == .term, item.depth <= 1 { try closeItem() }
      item.open(tag)
    case .table:
      try makeLayout()
      try closeItem()
      tables.append(TableCollector())
    case .row: changeTable { $0.openRow() }
    case .cell: changeTable { $0.isInCell = true }
    case .caption, .block, .lineBreak, .title, .skipped, .inline: break
    }
  }

  func end(_ name: String) throws(ExtractionError) {
    guard skipDepth == 0 else {
      skipDepth -= 1
      return
    }
    let tag = HTMLTag(name)
    switch tag {
    case .inline, .lineBreak, .skipped: return
    case .title:
      isInTitle = false
      return
    case .cell where isInCell:
      let cell = inline.take()
      changeTable {
        $0.add(cell)
        $0.isInCell = false
      }
      return
    default: try flush()
    }
    switch tag {
    case .heading: headingLevel = nil
    case .pre: preDepth = max(0, preDepth - 1)
    case .quote: quoteDepth = max(0, quoteDepth - 1)
    case .unorderedList, .orderedList, .definitionList:
      item.closeList()
      if item.depth == 0 { try closeItem() }
    case .item:
      if item.depth <= 1 { try closeItem() }
    case .row: changeTable { $0.closeRow() }
    case .table:
      if let table = tables.popLast(), !table.isLayout { try builder.append(.table, table.text) }
    default: break
    }
  }

  func text(_ utf8: UnsafeBufferPointer<UInt8>) throws(ExtractionError) {
    guard skipDepth == 0 else { return }
    if isInTitle {
      title.append(collapsing: utf8)
    } else if preDepth > 0 {
      inline.append(exactly: utf8)
    } else {
      inline.append(collapsing: utf8)
      if isInCell, inline.bytes.count > TableCollector.maximumCellLength { try makeLayout() }
    }
  }

  // MARK: Blocks

  private var isInCell: Bool { tables.last.map { $0.isInCell && !$0.isLayout } ?? false }

  private func changeTable(_ change: (inout TableCollector) -> Void) {
    guard let last = tables.indices.last, !tables[last].isLayout else { return }
    change(&tables[last])
  }

  /// The cell that is open holds more than a cell of a table does: from now on its table is a part of the page.
  private func makeLayout() throws(ExtractionError) {
    guard isInCell, let last = tables.indices.last else { return }
    for cell in tables[last].takeCells() { try builder.append(.paragraph, cell) }
    tables[last].isLayout = true
  }

  private func breakLine() throws(ExtractionError) {
    if isInCell || headingLevel != nil {
      inline.addSpace()
    } else if preDepth == 0, inline.endsWithLineBreak {
      try flush()
    } else if preDepth > 0 || !inline.isEmpty {
      inline.breakLine()
    }
  }

  /// Makes a block, or a part of one, of the text since the last boundary.
  private func flush() throws(ExtractionError) {
    if isInCell { return inline.addSpace() }
    let text = inline.take()
    guard !text.isEmpty else { return }
    if let headingLevel {
      let title = String(decoding: text, as: UTF8.self)
      try builder.append(.heading(level: headingLevel, title: String(title.prefix(1_000))), text)
    } else if item.isOpen {
      item.addLines(text)
    } else {
      try builder.append(preDepth > 0 ? .code : quoteDepth > 0 ? .quote : .paragraph, text)
    }
  }

  private func closeItem() throws(ExtractionError) {
    let text = item.close()
    if !text.isEmpty { try builder.append(.listItem, text) }
  }
}
