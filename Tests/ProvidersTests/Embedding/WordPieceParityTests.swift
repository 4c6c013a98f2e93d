import Foundation
import Graph
import Testing

@testable import Providers

@Suite("WordPiece: equal to Hugging Face's tokenizers")
struct WordPieceParityTests {
  @Test("every recorded text has the recorded tokens, at the recorded places", .needsModel)
  func tokens() throws {
    let tokenizer = try EmbeddingFixtures.modelFolder().loadTokenizer()
    let records = try EmbeddingFixtures.load(EmbeddingFixtures.Tokens.self, "tokens").texts
    try #require(records.count > 300)
    for record in records {
      let tokens = tokenizer.tokens(record.text)
      #expect(tokens.map(\.id) == record.ids, "\(record.text.debugDescription.prefix(80))")
      #expect(tokens.map(\.start) == record.starts, "\(record.text.debugDescription.prefix(80))")
      #expect(tokenizer.count(record.text) == record.ids.count)
      #expect(tokenizer.count(Array(record.text.utf8)[...]) == record.ids.count)
      for limit in [0, 1, 7] {
        #expect(tokenizer.tokens(record.text, limit: limit).map(\.id) == Array(record.ids.prefix(limit)))
      }
    }
  }

  @Test("every scalar of Unicode becomes what it becomes there")
  func scalars() throws {
    let normalizer = BertNormalizer(.init())
    let blocks = try EmbeddingFixtures.load(EmbeddingFixtures.Scalars.self, "scalars").blocks
    try #require(blocks.count == 0x1100)
    for (block, expected) in blocks.enumerated() {
      let low = UInt32(block) << 8
      let scalars = (low..<(low + 256)).compactMap(Unicode.Scalar.init)
      #expect(digest(of: scalars, normalizer) == expected, "U+\(String(low, radix: 16)) and following")
    }
  }

  /// FNV-1a of the words that `a`, the scalar and `b` make together.
  private func digest(of scalars: [Unicode.Scalar], _ normalizer: BertNormalizer) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for scalar in scalars {
      var words: [[UInt8]] = [[]]
      for source in ["a", scalar, "b"] {
        normalizer.forEachUnit(of: source) { unit in
          let bytes = Unicode.Scalar(unit.value).map { Array(String($0).utf8) } ?? []
          switch unit.role {
          case .letter: words[words.count - 1] += bytes
          case .space: words.append([])
          case .punctuation: words += [bytes, []]
          }
        }
      }
      for byte in words.filter({ !$0.isEmpty }).joined(separator: [0x0A]) + [0] {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
    let digits = String(hash & 0xFFFF_FFFF, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
