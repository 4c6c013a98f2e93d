public import Foundation

/// Why an embedding model's folder cannot be used.
public struct EmbeddingModelError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Sentences for the user, without the folder's path.
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}

/// A folder with the files of a sentence-transformers model, as Hugging Face keeps them: `config.json`,
/// `model.safetensors`, and `tokenizer.json` or `vocab.txt`; `sentence_bert_config.json` and `1_Pooling/config.json` when
/// they are there.
public struct EmbeddingModelFolder: Sendable, Hashable {
  public let url: URL

  /// The folder's name, which is the model's, for example `all-MiniLM-L6-v2`.
  public var name: String { url.standardizedFileURL.lastPathComponent }

  private static let weights = "model.safetensors"
  private static let maximumBytesOfText = 64 << 20

  /// - Throws: ``EmbeddingModelError`` that says which file is missing. What the files hold is not looked at yet.
  public init(opening url: URL) throws(EmbeddingModelError) {
    self.url = url
    var isFolder = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder else {
      throw EmbeddingModelError(
        "The folder of the embedding model does not exist. Run scripts/embedding-model, or name another folder."
      )
    }
    for name in ["config.json", Self.weights] where !has(name) { throw missing(name) }
    guard has("tokenizer.json") || has("vocab.txt") else { throw missing("tokenizer.json") }
  }

  /// The first usable folder: each of `folders` itself, then the folders in it by name.
  public static func find(in folders: [URL]) -> EmbeddingModelFolder? {
    for folder in folders {
      let inner =
        (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
      for candidate in [folder] + inner.sorted(by: { $0.lastPathComponent < $1.lastPathComponent }) {
        if let found = try? EmbeddingModelFolder(opening: candidate) { return found }
      }
    }
    return nil
  }

  // MARK: Reading

  /// - Parameter folder: where the packed matrices are kept from one start to the next.
  func loadWeights(packedIn folder: URL? = nil) throws(EmbeddingModelError) -> BertWeights {
    let configuration = try loadConfiguration()
    try checkPooling()
    return try reading(Self.weights) {
      try BertWeights(
        file: SafetensorsFile(contentsOf: url.appending(path: Self.weights)), configuration: configuration,
        packedIn: folder)
    }
  }

  /// The model's tokenizer alone, for counting tokens.
  public func loadTokenizer() throws(EmbeddingModelError) -> WordPieceTokenizer {
    if has("tokenizer.json") {
      return try reading("tokenizer.json") {
        try WordPieceTokenizer(tokenizerJSON: contents("tokenizer.json"))
      }
    }
    let lowercases = try reading("tokenizer_config.json") {
      try decode(TokenizerSettings.self, "tokenizer_config.json")?.lowercases ?? true
    }
    return try reading("vocab.txt") {
      try WordPieceTokenizer(vocabularyText: contents("vocab.txt"), lowercases: lowercases)
    }
  }

  /// How many tokens of a text the model reads, those around it included.
  func loadLimit() throws(EmbeddingModelError) -> Int {
    let positions = try loadConfiguration().positions
    let settings = try reading("sentence_bert_config.json") {
      try decode(SentenceSettings.self, "sentence_bert_config.json")
    }
    return max(2, min(settings?.maximumLength ?? Self.defaultLimit, positions))
  }

  /// What most small models were trained with.
  private static let defaultLimit = 256

  private func loadConfiguration() throws(EmbeddingModelError) -> BertConfiguration {
    try reading("config.json") { try BertConfiguration(json: contents("config.json")) }
  }

  private func checkPooling() throws(EmbeddingModelError) {
    let pooling = try reading("1_Pooling/config.json") {
      try decode(PoolingSettings.self, "1_Pooling/config.json")
    }
    guard pooling?.takesMean ?? true, pooling?.takesFirst != true else {
      throw EmbeddingModelError(
        "The embedding model “\(name)” does not take the mean of its tokens, and Rill computes no other vectors. "
          + "Choose another model, for example all-MiniLM-L6-v2.")
    }
  }

  /// Adds the file's name to whatever is wrong with it.
  private func reading<Value>(_ file: String, _ read: () throws -> Value) throws(EmbeddingModelError) -> Value
  {
    do {
      return try read()
    } catch let error as EmbeddingModelError {
      throw error
    } catch {
      let reason =
        switch error {
        case let error as SafetensorsFile.Damage: error.description
        case let error as BertConfiguration.Unsupported: error.description
        case let error as WordPieceTokenizer.Unsupported: error.description
        case is DecodingError, is JSONCursorError: "It is not the JSON that belongs there."
        default: "It cannot be read."
        }
      throw EmbeddingModelError(
        "The file \(file) of the embedding model “\(name)” cannot be used. \(reason) Install the model again, for "
          + "example with scripts/embedding-model, or choose another folder.")
    }
  }

  private func missing(_ file: String) -> EmbeddingModelError {
    EmbeddingModelError(
      "The folder of the embedding model “\(name)” has no \(file). Install the model again, for example with "
        + "scripts/embedding-model, or choose another folder.")
  }

  private func has(_ file: String) -> Bool {
    FileManager.default.fileExists(atPath: url.appending(path: file).path)
  }

  func contents(_ file: String) throws -> Data {
    let file = url.appending(path: file)
    let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
    guard size <= Self.maximumBytesOfText else {
      throw WordPieceTokenizer.Unsupported(description: "It is too large.")
    }
    return try Data(contentsOf: file)
  }

  /// `nil` when the file is not there.
  private func decode<Value: Decodable>(_ type: Value.Type, _ file: String) throws -> Value? {
    has(file) ? try JSONDecoder().decode(type, from: contents(file)) : nil
  }

  private struct SentenceSettings: Decodable {
    let maximumLength: Int?

    enum CodingKeys: String, CodingKey { case maximumLength = "max_seq_length" }
  }

  private struct TokenizerSettings: Decodable {
    let lowercases: Bool?

    enum CodingKeys: String, CodingKey { case lowercases = "do_lower_case" }
  }

  private struct PoolingSettings: Decodable {
    let takesMean: Bool?
    let takesFirst: Bool?

    enum CodingKeys: String, CodingKey {
      case takesMean = "pooling_mode_mean_tokens"
      case takesFirst = "pooling_mode_cls_token"
    }
  }
}
