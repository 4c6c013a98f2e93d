import Foundation

extension WordPieceTokenizer {
  /// A tokenizer's file does not hold what is needed; a sentence says what is wrong.
  struct Unsupported: Error, Hashable, CustomStringConvertible {
    let description: String
  }

  private static let defaultWordLength = 100

  /// Reads the `tokenizer.json` of Hugging Face's `tokenizers`.
  /// - Throws: ``Unsupported``, or an error of the JSON.
  convenience init(tokenizerJSON json: Data) throws {
    // The vocabulary is read apart from the rest: as the keys of a dictionary, pieces that Unicode calls equivalent
    // would be one. It is nearly all of the file, so it is not decoded a second time with the rest.
    let vocabulary = try Self.vocabularyRange(in: json)
    let file = try JSONDecoder().decode(
      TokenizerFile.self,
      from: vocabulary.map { json.prefix($0.lowerBound) + Data("{}".utf8) + json.dropFirst($0.upperBound) }
        ?? json)
    guard file.model.type == nil || file.model.type == "WordPiece" else {
      throw Unsupported(
        description: "It is a tokenizer of the type “\(file.model.type ?? "")”, not “WordPiece”.")
    }
    if let normalizer = file.normalizer, normalizer.type != "BertNormalizer" {
      throw Unsupported(description: "Its normalizer is “\(normalizer.type)”, not “BertNormalizer”.")
    }
    if let splitter = file.preTokenizer, splitter.type != "BertPreTokenizer" {
      throw Unsupported(description: "Its pre-tokenizer is “\(splitter.type)”, not “BertPreTokenizer”.")
    }
    let lowercases = file.normalizer?.lowercase ?? true
    try self.init(
      pieces: try vocabulary.map { try Self.pieces(in: json, $0) } ?? [], prefix: file.model.prefix ?? "##",
      unknown: file.model.unknown ?? "[UNK]",
      literals: (file.addedTokens ?? []).map { (Array($0.content.utf8), $0.id) },
      options: BertNormalizer.Options(
        cleansText: file.normalizer?.cleansText ?? true,
        separatesChinese: file.normalizer?.separatesChinese ?? true,
        lowercases: lowercases, stripsAccents: file.normalizer?.stripsAccents ?? lowercases),
      maximumWordLength: file.model.maximumWordLength ?? Self.defaultWordLength)
  }

  /// Reads the `vocab.txt` of the first BERT models: one piece on each line.
  /// - Throws: ``Unsupported``.
  convenience init(vocabularyText text: Data, lowercases: Bool) throws {
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      line.last == UInt8(ascii: "\r") ? Array(line.dropLast()) : Array(line)
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    let pieces = lines.enumerated().map { (text: $1, id: Int32($0)) }
    let literals = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].compactMap { name in
      pieces.first { $0.text == Array(name.utf8) }
    }
    try self.init(
      pieces: pieces, prefix: "##", unknown: "[UNK]", literals: literals,
      options: BertNormalizer.Options(lowercases: lowercases, stripsAccents: lowercases),
      maximumWordLength: Self.defaultWordLength)
  }

  private convenience init(
    pieces: [(text: [UInt8], id: Int32)], prefix: String, unknown: String,
    literals: [(text: [UInt8], id: Int32)], options: BertNormalizer.Options, maximumWordLength: Int
  ) throws {
    guard (1...10_000).contains(maximumWordLength) else {
      throw Unsupported(description: "Its longest word makes no sense.")
    }
    func id(of name: String) throws -> Int32 {
      let text = Array(name.utf8)
      guard let piece = literals.first(where: { $0.text == text }) ?? pieces.first(where: { $0.text == text })
      else {
        throw Unsupported(description: "It has no token “\(name)”.")
      }
      return piece.id
    }
    let special = SpecialTokens(
      classification: try id(of: "[CLS]"), separator: try id(of: "[SEP]"), unknown: try id(of: unknown))
    self.init(
      vocabulary: WordPieceVocabulary(pieces: pieces, prefix: Array(prefix.utf8)), special: special,
      literals: literals, options: options, maximumWordLength: maximumWordLength)
  }

  /// Where the vocabulary stands; `nil` when there is none.
  private static func vocabularyRange(in json: Data) throws -> Range<Int>? {
    try json.withUnsafeBytes { bytes in
      var range: Range<Int>?
      var cursor = JSONCursor(bytes)
      try cursor.readObject { cursor, key in
        guard case "model" = key, try cursor.kind() == .object else { return try cursor.skip() }
        try cursor.readObject { cursor, key in
          let value = try cursor.skipped()
          if case "vocab" = key { range = value }
        }
      }
      return range
    }
  }

  private static func pieces(in json: Data, _ range: Range<Int>) throws -> [(text: [UInt8], id: Int32)] {
    var pieces: [(text: [UInt8], id: Int32)] = []
    try json.withUnsafeBytes { bytes in
      var cursor = JSONCursor(UnsafeRawBufferPointer(rebasing: bytes[range]))
      try cursor.readObject { cursor, piece in
        guard let id = try cursor.readInt(), (0..<10_000_000).contains(id) else { throw JSONCursorError() }
        pieces.append((try piece.utf8(), Int32(id)))
      }
    }
    return pieces
  }
}

/// What matters of a `tokenizer.json`.
private struct TokenizerFile: Decodable {
  struct AddedToken: Decodable {
    let id: Int32
    let content: String
  }

  struct Normalizer: Decodable {
    let type: String
    let cleansText: Bool?
    let separatesChinese: Bool?
    let stripsAccents: Bool?
    let lowercase: Bool?

    enum CodingKeys: String, CodingKey {
      case type, lowercase
      case cleansText = "clean_text"
      case separatesChinese = "handle_chinese_chars"
      case stripsAccents = "strip_accents"
    }
  }

  struct Kind: Decodable {
    let type: String
  }

  struct Model: Decodable {
    let type: String?
    let unknown: String?
    let prefix: String?
    let maximumWordLength: Int?

    enum CodingKeys: String, CodingKey {
      case type
      case unknown = "unk_token"
      case prefix = "continuing_subword_prefix"
      case maximumWordLength = "max_input_chars_per_word"
    }
  }

  let addedTokens: [AddedToken]?
  let normalizer: Normalizer?
  let preTokenizer: Kind?
  let model: Model

  enum CodingKeys: String, CodingKey {
    case normalizer, model
    case addedTokens = "added_tokens"
    case preTokenizer = "pre_tokenizer"
  }
}
