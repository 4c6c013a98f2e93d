import Graph

/// Turns the body of a Word file into blocks of text.
final class DOCXBodyReader: MarkupHandler {
  /// A paragraph while it is read. One in a text box stands inside another.
  private struct Paragraph {
    var style: String?
    var outlineLevel: Int?
    /// `nil` when the paragraph itself says nothing about a list; negative when it says that it is in none.
    var listLevel: Int?
    var text: [UInt8] = []
    var notes: [String] = []
  }

  private let styles: DOCXStyles
  private let notes: [String: String]
  private var builder: TextBuilder
  private var paragraphs: [Paragraph] = []
  private var runDepth = 0
  private var isInText = false
  private var skipDepth = 0
  private var tableDepth = 0
  private var table = TableCollector()
  private var cell: [UInt8] = []
  private var item: [UInt8] = []

  init(styles: DOCXStyles, notes: [String: String], builder: TextBuilder) {
    self.styles = styles
    self.notes = notes
    self.builder = builder
  }

  func finish() throws(ExtractionError) -> TextBuilder {
    try closeItem()
    return builder
  }

  func start(_ name: String, _ attributes: MarkupAttributes) throws(ExtractionError) {
    guard skipDepth == 0 else {
      skipDepth += 1
      return
    }
    switch name {
    // The same text once more for older programs, text that was deleted, and what changes were made to properties.
    case "Fallback", "del", "moveFrom", "pPrChange", "rPrChange": skipDepth = 1
    case "p": paragraphs.append(Paragraph())
    case "pStyle": change { $0.style = attributes["val"] }
    case "outlineLvl": change { $0.outlineLevel = attributes["val"].flatMap { Int($0) } }
    case "numPr": change { $0.listLevel = 0 }
    case "ilvl": change { $0.listLevel = attributes["val"].flatMap { Int($0) } ?? 0 }
    case "numId": if attributes["val"] == "0" { change { $0.listLevel = -1 } }
    case "r": runDepth += 1
    case "t": isInText = true
    case "tab", "br", "cr", "noBreakHyphen": if runDepth > 0 { addMark(name) }
    case "footnoteReference": addNote("f", attributes["id"])
    case "endnoteReference": addNote("e", attributes["id"])
    case "tbl":
      tableDepth += 1
      if tableDepth == 1 {
        try closeItem()
        table = TableCollector()
      }
    case "tr": if tableDepth == 1 { table.openRow() }
    default: break
    }
  }

  func end(_ name: String) throws(ExtractionError) {
    guard skipDepth == 0 else {
      skipDepth -= 1
      return
    }
    switch name {
    case "p": try closeParagraph()
    case "r": runDepth = max(0, runDepth - 1)
    case "t": isInText = false
    case "tc":
      guard tableDepth == 1 else { return }
      table.add(cell)
      cell = []
    case "tr": if tableDepth == 1 { table.closeRow() }
    case "tbl":
      tableDepth = max(0, tableDepth - 1)
      if tableDepth == 0 { try closeTable() }
    default: break
    }
  }

  func text(_ utf8: UnsafeBufferPointer<UInt8>) {
    guard isInText, skipDepth == 0 else { return }
    change { $0.text.append(contentsOf: utf8) }
  }

  private func change(_ body: (inout Paragraph) -> Void) {
    guard let last = paragraphs.indices.last else { return }
    body(&paragraphs[last])
  }

  private func addMark(_ name: String) {
    let mark: UInt8 =
      switch name {
      case "tab": UInt8(ascii: "\t")
      case "noBreakHyphen": UInt8(ascii: "-")
      default: UInt8(ascii: "\n")
      }
    change { $0.text.append(mark) }
  }

  private func addNote(_ kind: String, _ id: String?) {
    guard let id, let note = notes[kind + id] else { return }
    change { $0.notes.append(note) }
  }

  private func closeParagraph() throws(ExtractionError) {
    guard let paragraph = paragraphs.popLast() else { return }
    if tableDepth > 0 {
      for part in [paragraph.text] + paragraph.notes.map({ Array($0.utf8) }) where !part.isEmpty {
        if !cell.isEmpty { cell.append(UInt8(ascii: " ")) }
        cell.append(contentsOf: part.map { $0.isWhiteSpace ? UInt8(ascii: " ") : $0 })
      }
      return
    }
    try add(paragraph)
    for note in paragraph.notes {
      try closeItem()
      try builder.append(.paragraph, "Note: \(note)")
    }
  }

  private func add(_ paragraph: Paragraph) throws(ExtractionError) {
    let text = paragraph.text
    guard text.contains(where: { !$0.isWhiteSpace }) else { return }
    var meaning = styles.meaning(of: paragraph.style)
    if let level = paragraph.outlineLevel { meaning = level < 9 ? .heading(level + 1) : .body }
    if meaning == .body, let level = listLevel(paragraph) { return try addItem(text, level) }
    try closeItem()
    switch meaning {
    case .heading(let level): try addHeading(text, level)
    case .title:
      if builder.title == nil { builder.title = Self.oneLine(text) }
      try addHeading(text, 1)
    case .code: try builder.append(.code, text)
    case .quote: try builder.append(.quote, text)
    case .body: try builder.append(.paragraph, text)
    }
  }

  private func listLevel(_ paragraph: Paragraph) -> Int? {
    if let level = paragraph.listLevel { return level < 0 ? nil : min(level, 9) }
    return styles.isListItem(paragraph.style) ? 0 : nil
  }

  private func addHeading(_ text: [UInt8], _ level: Int) throws(ExtractionError) {
    let title = Self.oneLine(text)
    try builder.append(.heading(level: level, title: title), title)
  }

  private func addItem(_ text: [UInt8], _ level: Int) throws(ExtractionError) {
    if level == 0 { try closeItem() }
    for (index, line) in text.split(separator: UInt8(ascii: "\n")).enumerated() {
      if !item.isEmpty { item.append(UInt8(ascii: "\n")) }
      item.append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
      item.append(contentsOf: (index == 0 ? "- " : "  ").utf8)
      item.append(contentsOf: line)
    }
  }

  private func closeItem() throws(ExtractionError) {
    try builder.append(.listItem, item)
    item = []
  }

  private func closeTable() throws(ExtractionError) {
    // Tables of one column frame a part of the page.
    if table.rows.allSatisfy({ $0.count <= 1 }) {
      for cell in table.takeCells() { try builder.append(.paragraph, cell) }
    } else {
      try builder.append(.table, table.text)
    }
  }

  private static func oneLine(_ text: [UInt8]) -> String {
    String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
