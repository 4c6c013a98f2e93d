/// Takes the marks out of a line of Markdown, for titles and sentences that are shown as plain text.
public enum MarkdownText {
  /// The text without emphasis and code marks; links and images become their labels.
  ///
  /// It is made for reading, not for rendering: marks that stand for themselves (`2 * 3`, `RILL_PORT`) stay.
  public static func plain(_ markdown: String) -> String {
    var characters = Array(markdown.unicodeScalars)[...]
    var result = String.UnicodeScalarView()
    while let scalar = characters.first {
      let previous = result.last
      switch scalar {
      case "\\" where characters.dropFirst().first.map(isPunctuation) == true:
        characters.removeFirst()
        result.append(characters.removeFirst())
      case "`":
        characters = characters.drop { $0 == "`" }
      case "!" where characters.dropFirst().first == "[":
        characters.removeFirst()
      case "[":
        if let link = link(characters) {
          result.append(contentsOf: plain(String(String.UnicodeScalarView(link.label))).unicodeScalars)
          characters = link.rest
        } else {
          result.append(characters.removeFirst())
        }
      case "*", "_":
        let run = characters.prefix { $0 == scalar }
        let next = characters.dropFirst(run.count).first
        if isMark(scalar, between: previous, and: next) {
          characters = characters.dropFirst(run.count)
        } else {
          result.append(contentsOf: run)
          characters = characters.dropFirst(run.count)
        }
      default:
        result.append(characters.removeFirst())
      }
    }
    return String(result)
  }

  /// The text of a heading line: `## Set *up* ##` becomes `Set up`.
  static func headingTitle(_ line: String) -> String {
    // Longer ones are cut anyway; this keeps them from being read to their end.
    var text = line.prefix(1_000).drop { $0 == "#" }.drop(while: \.isWhitespace)
    let closed = text.reversed().drop { $0 == "#" }
    // Number signs at the end belong to the title when no space stands before them: "C#".
    if closed.first?.isWhitespace == true || closed.isEmpty {
      text = text.prefix(closed.count)
    }
    while text.last?.isWhitespace == true { text.removeLast() }
    return plain(String(text))
  }

  /// Emphasis opens before and closes after a word; between spaces the mark means itself, and an underscore also inside a
  /// word.
  private static func isMark(
    _ mark: Unicode.Scalar, between previous: Unicode.Scalar?, and next: Unicode.Scalar?
  ) -> Bool {
    let spaceBefore = previous.map(\.properties.isWhitespace) ?? true
    let spaceAfter = next.map(\.properties.isWhitespace) ?? true
    if spaceBefore, spaceAfter { return false }
    guard mark == "_" else { return true }
    return !(isWordPart(previous) && isWordPart(next))
  }

  private static func isWordPart(_ scalar: Unicode.Scalar?) -> Bool {
    scalar.map { $0.properties.isAlphabetic || $0.properties.numericType != nil } ?? false
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    "\\`*_{}[]()#+-.!|<>~".unicodeScalars.contains(scalar)
  }

  /// `[label](address)`; anything else in brackets stays as it is.
  private static func link(
    _ text: ArraySlice<Unicode.Scalar>
  ) -> (label: ArraySlice<Unicode.Scalar>, rest: ArraySlice<Unicode.Scalar>)? {
    // Labels and addresses are short: the bound keeps a text of brackets from costing quadratic time.
    let window = text.prefix(1_000)
    guard let end = window.firstIndex(of: "]"), window.index(after: end) < window.endIndex,
      window[end + 1] == "(", let close = window[(end + 1)...].firstIndex(of: ")")
    else { return nil }
    return (text[(text.startIndex + 1)..<end], text[(close + 1)...])
  }
}
