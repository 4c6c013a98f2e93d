import Graph

/// Writes the chosen units as short Markdown, each with the mark of its passage.
struct AnswerComposer {
  let evidence: Evidence

  func compose(_ groups: [EvidenceSelector.Group]) -> String {
    groups.filter { !$0.isEmpty }.map(compose).joined(separator: "\n\n")
  }

  private func compose(_ group: EvidenceSelector.Group) -> String {
    var text = ""
    var previous: EvidenceUnit?
    for unit in group {
      text += separator(previous, unit)
      text += render(unit, follows: previous)
      previous = unit
    }
    return text
  }

  private func separator(_ previous: EvidenceUnit?, _ unit: EvidenceUnit) -> String {
    guard let previous else { return "" }
    switch (previous.kind, unit.kind) {
    case (.prose, .prose): return " "
    // A list item of several sentences stays one item.
    case (.listItem, .listItem) where unit.itemStart == nil && previous.index == unit.index - 1: return " "
    case (.listItem, .listItem), (.tableRow, .tableRow): return "\n"
    default: return "\n\n"
    }
  }

  private func render(_ unit: EvidenceUnit, follows previous: EvidenceUnit?) -> String {
    let mark = "[\(unit.passage + 1)]"
    switch unit.kind {
    case .code:
      // Directly after its sentence, code needs no mark of its own.
      return fenced(unit.text) + (previous?.kind == .prose ? "" : "\n\n\(mark)")
    case .tableRow: return "- \(describe(unit.row, else: unit.text)) \(mark)"
    case .listItem:
      let isContinuation =
        unit.itemStart == nil && previous?.kind == .listItem && previous?.index == unit.index - 1
      return "\(isContinuation ? "" : bullet(unit))\(QuotedText.clean(unit.text)) \(mark)"
    case .prose, .heading: return "\(QuotedText.clean(unit.text)) \(mark)"
    }
  }

  private func bullet(_ unit: EvidenceUnit) -> String {
    if case .number(let number) = unit.itemStart { "\(number). " } else { "- " }
  }

  private func fenced(_ code: String) -> String {
    code.hasPrefix("```") || code.hasPrefix("~~~") ? code : "```\n\(code)\n```"
  }

  /// What people call the column that says what a row is about.
  private static let descriptions: Set<String> = [
    "meaning", "description", "what it does", "what it means", "what it is", "purpose", "explanation", "use",
  ]

  /// A row as a sentence: its first cell, what its description or else the longest cell says of it, and the others by the names of
  /// their columns.
  private func describe(_ row: EvidenceUnit.TableRow?, else text: String) -> String {
    guard let row, row.cells.count > 1 else { return QuotedText.clean(text) }
    let rest = row.cells.indices.dropFirst().filter { !row.cells[$0].isEmpty }
    let described = rest.first {
      $0 < row.header.count && Self.descriptions.contains(row.header[$0].lowercased())
    }
    guard let main = described ?? rest.max(by: { row.cells[$0].count < row.cells[$1].count }) else {
      return QuotedText.clean(row.cells[0])
    }
    let others = rest.filter { $0 != main }.map { index in
      let name = index < row.header.count ? row.header[index] : ""
      return name.isEmpty ? row.cells[index] : "\(name): \(row.cells[index])"
    }
    let details = others.isEmpty ? "" : " (\(others.joined(separator: "; ")))"
    return QuotedText.clean("\(row.cells[0]) — \(row.cells[main])\(details)")
  }
}

/// Makes a sentence of a document fit to stand in an answer.
enum QuotedText {
  /// Links become their text, because their targets are relative to the document; images go; and numbers in
  /// brackets become numbers in parentheses, so that nobody takes them for citations. Code stays as it is.
  static func clean(_ text: String) -> String {
    let unlinked =
      text
      .replacing(#/!\[[^\]]*\]\([^)]*\)/#, with: "")
      .replacing(#/\[([^\]]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+"[^"]*")?\)/#) { String($0.1) }
      .replacing(#/<(https?:\/\/[^>\s]+)>/#) { String($0.1) }
    var result = ""
    for (index, part) in unlinked.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
      if index > 0 { result += "`" }
      let isCode = !index.isMultiple(of: 2)
      result += isCode ? String(part) : String(part).replacing(#/\[(\^?\d{1,3})\]/#) { "(\($0.1))" }
    }
    return result
  }
}
