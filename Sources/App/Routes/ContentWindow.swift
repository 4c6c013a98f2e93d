import Foundation
import Graph
import Synchronization

/// Whole blocks of a text from a place on.
struct ContentWindow: Sendable {
  struct Block: Sendable {
    var kind: TextBlock.Kind
    var range: Range<Int>
    var page: Int?
    var text: String
  }

  private(set) var blocks: [Block] = []
  /// What the blocks cover: the next window begins at its end.
  private(set) var range: Range<Int>

  /// - Parameters:
  ///   - from: the first block is the one that this place is in, or the next.
  ///   - limit: bytes after which no further block begins.
  ///   - passage: is in the window as a whole, whatever the limit.
  init(text: ExtractedText, from: Int, limit: Int, including passage: Range<Int>?) {
    let length = text.text.utf8.count
    let from = min(from, length)
    let end = max(from + min(limit, length), passage?.upperBound ?? 0)
    range = from..<from
    let first = Self.firstIndex(in: text.blocks, endingAfter: from)
    let utf8 = Array(text.text.utf8)[...]
    for block in text.blocks[first...] {
      guard block.range.lowerBound < end else { break }
      guard !block.range.isEmpty, block.range.upperBound <= length else { continue }
      blocks.append(
        Block(
          kind: block.kind, range: block.range, page: text.page(at: block.range.lowerBound),
          text: String(decoding: utf8[block.range], as: UTF8.self)))
    }
    let isLast = blocks.last.map { $0.range == text.blocks.last?.range } ?? true
    let lower = min(from, blocks.first?.range.lowerBound ?? from)
    range = lower..<(isLast ? length : max(lower, blocks.last?.range.upperBound ?? lower))
  }

  private static func firstIndex(in blocks: [TextBlock], endingAfter place: Int) -> Int {
    var (low, high) = (0, blocks.count)
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].range.upperBound > place { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// The texts of the documents that are being looked at. Turning the pages of a long one reads it from the store once.
final class DocumentTextCache: Sendable {
  /// Bytes of all texts together; a longer one is not kept.
  static let capacity = 32_000_000

  private struct State {
    /// The newest last.
    var texts: [(hash: String, id: UUID, text: ExtractedText)] = []
  }

  private let knowledge: any KnowledgeStore
  private let state = Mutex(State())

  init(knowledge: any KnowledgeStore) {
    self.knowledge = knowledge
  }

  /// The text of a document; that of one stored without it is put together from its chunks.
  func text(of document: Document) async throws -> ExtractedText {
    let known = state.withLock { state -> ExtractedText? in
      guard
        let index = state.texts.firstIndex(where: { $0.id == document.id && $0.hash == document.contentHash })
      else { return nil }
      let entry = state.texts.remove(at: index)
      state.texts.append(entry)
      return entry.text
    }
    if let known { return known }
    let text: ExtractedText
    if let stored = try await knowledge.text(documentID: document.id) {
      text = stored
    } else {
      text = ExtractedText(joining: try await knowledge.chunks(documentID: document.id), of: document)
    }
    guard text.text.utf8.count <= Self.capacity else { return text }
    state.withLock { state in
      state.texts.removeAll { $0.id == document.id }
      state.texts.append((document.contentHash, document.id, text))
      while state.texts.reduce(0, { $0 + $1.text.text.utf8.count }) > Self.capacity {
        state.texts.removeFirst()
      }
    }
    return text
  }
}

extension ExtractedText {
  /// Puts chunks where they stand in the text; what was between them is not known any more.
  init(joining chunks: [Chunk], of document: Document) {
    var bytes: [UInt8] = []
    var blocks: [TextBlock] = []
    for chunk in chunks where chunk.byteRange.count == chunk.text.utf8.count {
      let start = max(chunk.byteRange.lowerBound, bytes.count)
      guard start < chunk.byteRange.upperBound else { continue }
      bytes += Array(repeating: UInt8(ascii: "\n"), count: start - bytes.count)
      bytes += Array(chunk.text.utf8)[(start - chunk.byteRange.lowerBound)...]
      blocks.append(TextBlock(kind: .paragraph, range: start..<chunk.byteRange.upperBound))
    }
    self.init(title: document.title, text: String(decoding: bytes, as: UTF8.self), blocks: blocks)
  }
}
