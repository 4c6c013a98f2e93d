import Foundation

/// A word on a page.
public struct PDFWord: Sendable, Hashable {
  public let text: String
  public let rectangle: PDFRectangle

  public init(text: String, rectangle: PDFRectangle) {
    self.text = text
    self.rectangle = rectangle
  }
}

/// Reads the output of `pdftotext -bbox`.
final class PDFWordReader: MarkupHandler {
  private(set) var words: [PDFWord] = []
  private let width: Double
  private let height: Double
  private var rectangle: PDFRectangle?
  private var text: [UInt8] = []

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  func start(_ name: String, _ attributes: MarkupAttributes) {
    guard name == "word", let left = attributes["xmin"].flatMap({ Double($0) }),
      let top = attributes["ymin"].flatMap({ Double($0) }),
      let right = attributes["xmax"].flatMap({ Double($0) }),
      let bottom = attributes["ymax"].flatMap({ Double($0) }), right >= left, bottom >= top
    else { return }
    rectangle = PDFRectangle(
      x: left / width, y: top / height, width: (right - left) / width, height: (bottom - top) / height)
    text = []
  }

  func end(_ name: String) {
    guard name == "word", let rectangle else { return }
    words.append(PDFWord(text: String(decoding: text, as: UTF8.self), rectangle: rectangle))
    self.rectangle = nil
  }

  func text(_ utf8: UnsafeBufferPointer<UInt8>) {
    if rectangle != nil { text.append(contentsOf: utf8) }
  }
}

/// Finds a passage among the words of a page.
///
/// Both are compared as streams of letters and digits, because the passage's lines have been joined: divided words are
/// whole again, and spaces may differ. Runs of the passage that the page holds are found by their first letters and followed
/// as far as they agree.
enum PDFHighlighter {
  /// Letters that two runs must share before they count as the same; fewer are found anywhere.
  private static let seedLength = 12

  static func rectangles(of passage: String, in words: [PDFWord]) -> [PDFRectangle] {
    var page: [UInt8] = []
    var owners: [Int] = []
    for (index, word) in words.enumerated() {
      let letters = letters(of: word.text)
      page.append(contentsOf: letters)
      owners.append(contentsOf: repeatElement(index, count: letters.count))
    }
    var marked = Set<Int>()
    for range in matches(of: letters(of: passage), in: page) { marked.formUnion(owners[range]) }
    return merged(marked.sorted().map { words[$0].rectangle })
  }

  private static func matches(of passage: [UInt8], in page: [UInt8]) -> [Range<Int>] {
    let seed = min(seedLength, passage.count)
    guard seed > 0, page.count >= seed else { return [] }
    var places: [ArraySlice<UInt8>: [Int]] = [:]
    for start in 0...(page.count - seed) { places[page[start..<(start + seed)], default: []].append(start) }
    var matches: [Range<Int>] = []
    var index = 0
    var reached = 0
    while index + seed <= passage.count {
      let candidates = places[passage[index..<(index + seed)]] ?? []
      let lengths = candidates.prefix(50).map { ($0, common(passage[index...], page[$0...])) }
      // The longest; of equal ones the first behind what has been found already.
      guard
        let best = lengths.max(by: {
          ($0.1, $0.0 >= reached ? 1 : 0, -$0.0) < ($1.1, $1.0 >= reached ? 1 : 0, -$1.0)
        })
      else {
        index += 1
        continue
      }
      matches.append(best.0..<(best.0 + best.1))
      reached = best.0 + best.1
      index += best.1
    }
    return matches
  }

  private static func common(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Int {
    var length = 0
    for (a, b) in zip(first, second) {
      guard a == b else { break }
      length += 1
    }
    return length
  }

  /// Letters and digits in lower case, as UTF-8; ligatures as their letters.
  private static func letters(of text: String) -> [UInt8] {
    var letters: [UInt8] = []
    for scalar in text.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars
    where scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
      letters.append(contentsOf: String(scalar).utf8)
    }
    return letters
  }

  /// Neighbours on one line as one.
  private static func merged(_ rectangles: [PDFRectangle]) -> [PDFRectangle] {
    var merged: [PDFRectangle] = []
    for next in rectangles {
      guard let last = merged.last else {
        merged.append(next)
        continue
      }
      let overlap = min(last.y + last.height, next.y + next.height) - max(last.y, next.y)
      let gap = next.x - (last.x + last.width)
      let isNeighbour = overlap > min(last.height, next.height) / 2 && gap > -0.005 && gap < 0.03
      guard isNeighbour else {
        merged.append(next)
        continue
      }
      let top = min(last.y, next.y)
      merged[merged.count - 1] = PDFRectangle(
        x: last.x, y: top, width: next.x + next.width - last.x,
        height: max(last.y + last.height, next.y + next.height) - top)
    }
    return merged
  }
}
