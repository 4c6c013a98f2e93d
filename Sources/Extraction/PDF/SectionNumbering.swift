/// Recognises numbered headings, `3.2 Results`, by their numbers going up through a document.
struct SectionNumbering {
  private var last: [Int] = []

  private static let known: Set<String> = [
    "abstract", "introduction", "conclusion", "conclusions", "references", "bibliography", "acknowledgements",
    "acknowledgments", "contents", "table of contents", "preface", "summary", "index", "appendix",
  ]

  /// - Parameter line: stands alone between blank lines.
  /// - Returns: from 1; `nil` for a line that is no heading.
  mutating func headingLevel(of line: [UInt8]) -> Int? {
    guard line.count <= 100, let end = line.last, !".,;:".utf8.contains(end) else { return nil }
    let text = String(decoding: line, as: UTF8.self)
    if Self.known.contains(text.lowercased()) { return 1 }
    guard let space = text.firstIndex(of: " "), !text.contains(". .") else { return nil }
    var label = text[..<space]
    if label.lowercased() == "chapter",
      let next = text[text.index(after: space)...].split(separator: " ").first
    {
      label = next
    } else {
      let rest = text[text.index(after: space)...].drop { $0 == " " }
      // "Results 17" is a line of the table of contents; "12 kg" is no heading.
      guard rest.first?.isUppercase == true, !end.isASCIIDigit, rest.count(where: { $0.isLetter }) >= 3 else {
        return nil
      }
    }
    let parts = label.split(separator: ".").map { Int($0) }
    guard !parts.isEmpty, parts.count <= 5, parts.allSatisfy({ $0 != nil }) else { return nil }
    let numbers = parts.compactMap(\.self)
    guard follows(numbers) else { return nil }
    last = numbers
    return numbers.count
  }

  /// Whether a section of this number may come next: lists and tables have numbers too.
  private func follows(_ numbers: [Int]) -> Bool {
    guard numbers[0] <= (last.first ?? 0) + 1 || last.isEmpty && numbers[0] <= 20 else { return false }
    return last.lexicographicallyPrecedes(numbers)
  }
}
