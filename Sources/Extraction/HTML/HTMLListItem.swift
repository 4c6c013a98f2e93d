/// An item of a list with everything inside it, nested lists too, until the outermost item ends.
struct HTMLListItem {
  enum List {
    case unordered
    case ordered(next: Int)
    case definitions
  }

  private var lists: [List] = []
  private var text: [UInt8] = []
  /// What stands before the next line instead of its indentation.
  private var mark: String?
  private var indentation = 0
  private(set) var isOpen = false

  /// How many lists are open.
  var depth: Int { lists.count }

  /// Nested deeper than this, lines are not indented further: the spaces would be more than the text.
  private static let maximumIndentation = 10

  mutating func openList(_ list: List) { lists.append(list) }

  mutating func closeList() {
    if !lists.isEmpty { lists.removeLast() }
    mark = nil
  }

  mutating func open(_ tag: HTMLTag) {
    isOpen = true
    let level = min(max(0, lists.count - 1), Self.maximumIndentation)
    switch (lists.last, tag) {
    case (.ordered(let number), _):
      lists[lists.count - 1] = .ordered(next: number &+ 1)
      mark = "\(number). "
    case (.definitions, .term): mark = ""
    case (.definitions, _): mark = "  "
    case (.unordered, _), (nil, _): mark = "- "
    }
    indentation = level * 2
  }

  mutating func addLines(_ lines: [UInt8]) {
    for line in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
      if !text.isEmpty { text.append(UInt8(ascii: "\n")) }
      text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
      text.append(contentsOf: (mark ?? "  ").utf8)
      mark = nil
      text.append(contentsOf: line)
    }
  }

  /// Ends the block; the lists stay open.
  mutating func close() -> [UInt8] {
    defer { text = [] }
    isOpen = false
    mark = nil
    return text
  }
}
