/// Takes marks of passages that do not exist out of an answer while it streams: with six passages, `[7]` never reaches
/// the user, and of `[2, 9]` only `[2]` does.
///
/// Text passes at once except for what may still become a mark: from a `[` on, until it is clear. Program text in
/// backticks or fences is left alone, and so are links like `[1](…)`.
struct CitationFilter {
  private let passageCount: Int
  /// What may become a mark: `[`, digits and separators, with the blank before it.
  private var held = ""
  private var code = CodeTracker()

  /// No mark is longer.
  private static let longestMark = 48

  /// - Parameter passageCount: marks 1 to this number exist.
  init(passageCount: Int) {
    self.passageCount = passageCount
  }

  /// - Returns: what can be shown now; may be empty.
  mutating func filter(_ text: String) -> String {
    if held.isEmpty, !text.utf8.contains(where: { $0 == UInt8(ascii: "[") }) {
      code.read(text)
      return text
    }
    var shown = ""
    shown.reserveCapacity(text.utf8.count + held.utf8.count)
    for scalar in text.unicodeScalars { take(scalar, &shown) }
    return shown
  }

  /// - Returns: what was held back when the answer ended.
  mutating func finish() -> String {
    defer { held = "" }
    return Self.isClosed(held) ? resolved(held) : held
  }

  private mutating func take(_ scalar: Unicode.Scalar, _ shown: inout String) {
    guard !held.isEmpty else {
      guard scalar == "[", !code.isInCodeNow() else { return show(scalar, &shown) }
      // The blank before a mark goes with it.
      if shown.hasSuffix(" ") {
        shown.removeLast()
        held = " "
      }
      held.unicodeScalars.append(scalar)
      return
    }
    if Self.isClosed(held) {
      let mark = held
      held = ""
      // `[1](…)` is a link.
      let text = scalar == "(" ? mark : resolved(mark)
      for scalar in text.unicodeScalars { show(scalar, &shown) }
      if text.isEmpty, mark.hasPrefix(" "), scalar == "[" {
        // The blank belongs to the next mark.
        held = " ["
      } else {
        take(scalar, &shown)
      }
    } else if Self.continuesMark(scalar), held.unicodeScalars.count < Self.longestMark {
      held.unicodeScalars.append(scalar)
      // A mark that stays as it is need not wait for what follows it.
      if scalar == "]", resolved(held) == held { release(&shown) }
    } else {
      release(&shown)
      take(scalar, &shown)
    }
  }

  private mutating func release(_ shown: inout String) {
    let text = held
    held = ""
    for scalar in text.unicodeScalars { show(scalar, &shown) }
  }

  private mutating func show(_ scalar: Unicode.Scalar, _ shown: inout String) {
    code.read(scalar)
    shown.unicodeScalars.append(scalar)
  }

  private static func isClosed(_ held: String) -> Bool { held.unicodeScalars.last == "]" }

  private static func continuesMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "0"..."9", ",", ";", " ", "-", "–", "]": true
    default: false
    }
  }

  /// A closed mark without the numbers that do not exist. Ranges are written out, as the page links single numbers.
  private func resolved(_ mark: String) -> String {
    let blank = mark.hasPrefix(" ") ? " " : ""
    let inside = mark.dropFirst(blank.count + 1).dropLast()
    // `[ ]` and `[-]` are no marks but, for example, the box of a task.
    guard inside.contains(where: \.isNumber) else { return mark }
    let numbers = inside.split { $0 == "," || $0 == ";" || $0 == " " }.flatMap(existingNumbers)
    return numbers.isEmpty ? "" : blank + "[" + numbers.map(String.init).joined(separator: ", ") + "]"
  }

  /// What of a number, or of a range like `2-4`, exists.
  private func existingNumbers(_ part: Substring) -> [Int] {
    let ends = part.split { $0 == "-" || $0 == "–" }.map { Int($0) ?? .max }
    guard let first = ends.first, let last = ends.last, first <= last else { return [] }
    let lower = max(first, 1)
    let upper = min(last, passageCount)
    return lower <= upper ? Array(lower...upper) : []
  }
}

/// Follows whether the text is between backticks: inline until the same number of them, fenced until a line that begins
/// with them.
private struct CodeTracker {
  private var isInCode = false
  private var isFence = false
  private var openLength = 0
  /// Backticks that were just read.
  private var run = 0
  private var isRunAtLineStart = true
  private var isAtLineStart = true

  /// Whether the next character stands in code, unless it is a backtick.
  mutating func isInCodeNow() -> Bool {
    if run > 0 { endRun() }
    return isInCode
  }

  mutating func read(_ text: String) {
    // Nothing between two backticks or line breaks changes anything.
    if run == 0, !isAtLineStart,
      !text.utf8.contains(where: { $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "\n") })
    {
      return
    }
    for scalar in text.unicodeScalars { read(scalar) }
  }

  mutating func read(_ scalar: Unicode.Scalar) {
    if scalar == "`" {
      if run == 0 { isRunAtLineStart = isAtLineStart }
      run += 1
      isAtLineStart = false
      return
    }
    if run > 0 { endRun() }
    if scalar == "\n" {
      // A blank line ends a paragraph, and with it an inline span that nobody closed.
      if isAtLineStart, !isFence { isInCode = false }
      isAtLineStart = true
    } else if scalar != " " {
      isAtLineStart = false
    }
  }

  private mutating func endRun() {
    defer { run = 0 }
    if !isInCode {
      isInCode = true
      isFence = isRunAtLineStart && run >= 3
      openLength = run
    } else if isFence ? isRunAtLineStart && run >= openLength : run == openLength {
      isInCode = false
      isFence = false
    }
  }
}
