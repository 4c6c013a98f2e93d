import Foundation
import Graph

/// A sentence, list item, table row or block of code that an answer can quote.
struct EvidenceUnit {
  let passage: Int
  /// Position among the units of its passage.
  let index: Int
  let kind: MarkdownSentence.Kind
  let text: String
  /// The whole row of a table, cell by cell, and the header's cells above it.
  let row: TableRow?
  /// Whether this is the first sentence of its list item, and that item's number in an ordered list.
  let itemStart: ListMark?
  let stems: [String]
  /// The stems of the headings above it, innermost last.
  let headings: [Set<String>]
  /// How many units since the innermost heading, from 0.
  let distanceFromHeading: Int
  /// The unit that introduces this one: the sentence before a list, a table or a block of code.
  let lead: Int?

  /// Whether it is one of many of its kind.
  var isItem: Bool { kind == .listItem || kind == .tableRow }

  struct TableRow {
    let cells: [String]
    let header: [String]
    let isHeader: Bool
  }

  enum ListMark: Equatable {
    case bullet
    case number(String)
  }
}

/// The units of all passages, and how often each word occurs in them.
struct Evidence {
  let passages: [Passage]
  /// By passage, in the order of its text.
  let units: [[EvidenceUnit]]
  /// The rarity of each of the question's words, times its weight; in the order of its terms.
  let weights: [Double]
  private let frequencies: [String: Int]
  private let unitCount: Int

  init(passages: [Passage], question: QuestionTerms) {
    self.passages = passages
    var seen: Set<String> = []
    units = passages.enumerated().map { Self.units(of: $1, number: $0, seen: &seen) }
    let all = units.joined().map { Set($0.stems) }
    unitCount = all.count
    frequencies = all.reduce(into: [:]) { counts, stems in
      for stem in stems { counts[stem, default: 0] += 1 }
    }
    let count = all.count
    weights = question.terms.map { term in
      let frequency = all.count { $0.contains(term.stem) || !$0.isDisjoint(with: term.alternatives) }
      return term.weight * Self.weight(frequency: frequency, of: count)
    }
  }

  /// How much a word tells.
  func weight(of stem: String) -> Double {
    Self.weight(frequency: frequencies[stem] ?? 0, of: unitCount)
  }

  /// BM25's rarity, kept above zero (Robertson and Zaragoza 2009, with Lucene's "+ 1"), on top of a fixed part:
  /// the passages were found by the question's words, so among them the most telling word is often the commonest.
  private static func weight(frequency: Int, of count: Int) -> Double {
    0.5 + log(1 + (Double(count - frequency) + 0.5) / (Double(frequency) + 0.5)) / log(2 + 2 * Double(count))
  }

  /// Passages overlap where a long sentence was cut; what was seen already is not a second piece of evidence.
  private static func units(of passage: Passage, number: Int, seen: inout Set<String>) -> [EvidenceUnit] {
    let header = TableCells.missingHeader(of: passage.chunk.text)
    let text = (header ?? "") + passage.chunk.text
    let bytes = Array(text.utf8)
    var builder = EvidenceBuilder(passage: passage, number: number, isInTable: header != nil)
    for sentence in MarkdownSentences.sentences(in: text) {
      let raw = String(decoding: bytes[sentence.range], as: UTF8.self)
      if sentence.kind == .heading || seen.insert(raw).inserted {
        builder.add(sentence, raw: raw)
      }
    }
    return builder.units
  }
}

/// Gives every sentence of one passage its place: its headings, its lead, its table.
private struct EvidenceBuilder {
  private(set) var units: [EvidenceUnit] = []
  private let number: Int
  private var headings: [Set<String>]
  private var distance = 0
  private var lead: Int?
  private var tableHeader: [String]?

  /// - Parameter isInTable: whether the first row is one like any other.
  init(passage: Passage, number: Int, isInTable: Bool) {
    tableHeader = isInTable ? [] : nil
    self.number = number
    headings = ([passage.title] + passage.chunk.headings).map(Self.stems)
  }

  mutating func add(_ sentence: MarkdownSentence, raw: String) {
    if sentence.kind == .heading {
      let stems = Self.stems(sentence.text)
      if headings.last != stems { headings.append(stems) }
      (distance, lead, tableHeader) = (0, nil, nil)
      return
    }
    var row: EvidenceUnit.TableRow?
    if sentence.kind == .tableRow {
      let cells = TableCells.cells(of: raw)
      row = EvidenceUnit.TableRow(cells: cells, header: tableHeader ?? [], isHeader: tableHeader == nil)
      tableHeader = tableHeader ?? cells
    } else {
      tableHeader = nil
    }
    units.append(
      EvidenceUnit(
        passage: number, index: units.count, kind: sentence.kind, text: sentence.text, row: row,
        itemStart: sentence.kind == .listItem ? Self.mark(of: raw) : nil,
        stems: TextAnalysis.words(in: sentence.text).filter { !$0.isStopWord }.map(\.stem),
        headings: headings, distanceFromHeading: distance, lead: sentence.kind == .prose ? nil : lead))
    distance += 1
    if sentence.kind == .prose { lead = units.count - 1 }
  }

  private static func stems(_ heading: String) -> Set<String> {
    Set(TextAnalysis.contentWords(in: heading).map(\.stem))
  }

  private static func mark(of raw: String) -> EvidenceUnit.ListMark? {
    if let match = raw.prefixMatch(of: #/(\d{1,9})[.)]\s/#) { return .number(String(match.1)) }
    return raw.prefixMatch(of: #/[-*+]\s/#) == nil ? nil : .bullet
  }
}

/// Cuts a row of a table into its cells.
enum TableCells {
  /// A passage that begins in the middle of a table has lost the header by which a table is recognised: it
  /// gets an empty one.
  static func missingHeader(of text: String) -> String? {
    let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
    guard let first = lines.first, first.hasPrefix("|"),
      lines.count < 2 || lines[1].contains(where: \.isLetter)
    else {
      return nil
    }
    let columns = cells(of: String(first)).count
    return "|" + String(repeating: " |", count: columns) + "\n|" + String(repeating: "---|", count: columns)
      + "\n"
  }

  /// - Returns: the cells in order, empty ones too; a border inside code or after a backslash separates
  ///   nothing.
  static func cells(of row: String) -> [String] {
    var cells: [String] = []
    var cell = ""
    var isInCode = false
    var isEscaped = false
    for character in row.trimmingCharacters(in: .whitespaces) {
      switch character {
      case "|" where isEscaped: cell.append(character)
      case "|" where !isInCode:
        cells.append(cell.trimmingCharacters(in: .whitespaces))
        cell = ""
      case "\\" where !isEscaped:
        isEscaped = true
        continue
      default:
        if isEscaped { cell.append("\\") }
        if character == "`" { isInCode.toggle() }
        cell.append(character)
      }
      isEscaped = false
    }
    cells.append(cell.trimmingCharacters(in: .whitespaces))
    // The borders at both ends of a row are optional.
    if cells.first?.isEmpty == true { cells.removeFirst() }
    if cells.last?.isEmpty == true { cells.removeLast() }
    return cells
  }
}
