import Foundation
import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("WordPiece tokenizer")
struct WordPieceTokenizerTests {
  private static let pieces = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "want", "##ed", ",", "the", "##",
    "e", "##e",
    "caf", "中",
  ]

  private func tokenizer(lowercases: Bool = true) throws -> WordPieceTokenizer {
    try WordPieceTokenizer(
      vocabularyText: Data((Self.pieces.joined(separator: "\n") + "\n").utf8), lowercases: lowercases)
  }

  private func words(_ text: String, lowercases: Bool = true) throws -> [String] {
    try tokenizer(lowercases: lowercases).tokens(text).map { Self.pieces[Int($0.id)] }
  }

  @Test("takes the longest piece first, and continues with pieces that continue words")
  func greedy() throws {
    #expect(try words("unaffable wanted") == ["un", "##aff", "##able", "want", "##ed"])
  }

  @Test("a word with an unknown part is one unknown token")
  func unknown() throws {
    #expect(try words("unaffx the") == ["[UNK]", "the"])
    #expect(try words("affable") == ["[UNK]"])
  }

  @Test("punctuation and Chinese characters are words of their own")
  func separation() throws {
    #expect(try words("the,the") == ["the", ",", "the"])
    #expect(try words("the中the") == ["the", "中", "the"])
  }

  @Test("capitals and accents go, unless the model wants them")
  func normalization() throws {
    #expect(try words("CAFÉ") == ["caf", "##e"])
    #expect(try words("THE", lowercases: false) == ["[UNK]"])
  }

  @Test("special tokens are recognised where they stand, also inside a word")
  func literals() throws {
    #expect(try words("the[MASK]the [sep]") == ["the", "[MASK]", "the", "[UNK]", "[UNK]", "[UNK]"])
  }

  @Test("a word of 100 letters is read, one of 101 is unknown", arguments: [99, 100, 101, 100_000])
  func longWords(length: Int) throws {
    let expected = length <= 100 ? ["e"] + Array(repeating: "##e", count: length - 1) : ["[UNK]"]
    #expect(try words(String(repeating: "e", count: length)) == expected)
  }

  @Test("tokens tell where in the text they begin")
  func places() throws {
    let tokens = try tokenizer().tokens("  Caf\u{301}é, thee")
    #expect(tokens.map { Self.pieces[Int($0.id)] } == ["caf", "##e", ",", "the", "##e"])
    #expect(tokens.map(\.start) == [2, 7, 9, 11, 14])
  }

  @Test("bytes that are no UTF-8 are read as nothing, and never past the end")
  func invalidBytes() throws {
    let tokenizer = try tokenizer()
    for bytes: [UInt8] in [
      [0xC3], [0xE4, 0xB8], [0xF0, 0x9F], [0xFF, 0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80],
    ] {
      #expect(tokenizer.count((Array("the ".utf8) + bytes)[...]) == 1)
    }
  }

  @Test("no text of random bytes stops it")
  func randomBytes() throws {
    let tokenizer = try tokenizer()
    var random = SeededGenerator(seed: 11)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        UInt8.random(in: .min ... .max, using: &random)
      }
      #expect(tokenizer.count(bytes[...]) <= bytes.count)
    }
  }

  @Test("a text that is joined by spaces has as many tokens as its parts together")
  func counting() throws {
    let tokenizer = try tokenizer()
    let parts = ["the", "unaffable,", "wanted 中", ""]
    #expect(
      tokenizer.count(parts.joined(separator: " ")) == parts.reduce(0) { $0 + tokenizer.count($1) })
  }

  @Test("a file that is no WordPiece tokenizer is refused with a sentence")
  func refusals() throws {
    for (json, reason) in [
      (#"{"model":{"type":"BPE","vocab":{}}}"#, "“BPE”"),
      (#"{"normalizer":{"type":"NFC"},"model":{"type":"WordPiece","vocab":{}}}"#, "“NFC”"),
      (#"{"pre_tokenizer":{"type":"Metaspace"},"model":{"type":"WordPiece","vocab":{}}}"#, "“Metaspace”"),
      (#"{"model":{"type":"WordPiece","vocab":{"a":0}}}"#, "no token “[CLS]”"),
    ] {
      let error = try #require(throws: WordPieceTokenizer.Unsupported.self) {
        try WordPieceTokenizer(tokenizerJSON: Data(json.utf8))
      }
      #expect(error.description.contains(reason))
    }
  }

  @Test("pieces that Unicode calls equivalent stay apart")
  func equivalentPieces() throws {
    let json = #"""
      {"normalizer":{"type":"BertNormalizer","lowercase":false,"strip_accents":false,"clean_text":true,
      "handle_chinese_chars":true},"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":
      {"[UNK]":0,"[CLS]":1,"[SEP]":2,"\u00e9":3,"e\u0301":4}}}
      """#
    let tokenizer = try WordPieceTokenizer(tokenizerJSON: Data(json.utf8))
    #expect(tokenizer.tokens("\u{E9} e\u{301}").map(\.id) == [3, 4])
  }
}
