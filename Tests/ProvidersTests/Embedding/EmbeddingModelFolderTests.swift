import Foundation
import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("Folders of embedding models")
struct EmbeddingModelFolderTests {
  /// The smallest BERT that has every part: 8 numbers for each token, one layer, two heads.
  private static let configuration = #"""
    {"model_type":"bert","hidden_act":"gelu","hidden_size":8,"intermediate_size":12,"num_hidden_layers":1,
    "num_attention_heads":2,"vocab_size":7,"max_position_embeddings":16,"type_vocab_size":2,"layer_norm_eps":1e-12}
    """#
  private static let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nred\n##der\n"

  private static let shapes: [(name: String, shape: [Int])] = {
    let layer = "encoder.layer.0"
    let linear = { (name: String, outputs: Int, inputs: Int) in
      [("\(name).weight", [outputs, inputs]), ("\(name).bias", [outputs])]
    }
    let norm = { (name: String) in [("\(name).weight", [8]), ("\(name).bias", [8])] }
    return [
      ("embeddings.word_embeddings.weight", [7, 8]), ("embeddings.position_embeddings.weight", [16, 8]),
      ("embeddings.token_type_embeddings.weight", [2, 8]),
    ] + norm("embeddings.LayerNorm")
      + ["query", "key", "value"].flatMap { linear("\(layer).attention.self.\($0)", 8, 8) }
      + linear("\(layer).attention.output.dense", 8, 8) + norm("\(layer).attention.output.LayerNorm")
      + linear("\(layer).intermediate.dense", 12, 8) + linear("\(layer).output.dense", 8, 12)
      + norm("\(layer).output.LayerNorm")
  }()

  private enum Number: String { case f32, f16, bf16 }

  /// Weights that 16-bit numbers of either kind hold exactly.
  private static func weights(_ number: Number = .f32) -> Data {
    var (header, data) = ([String](), Data())
    var random = SeededGenerator(seed: 3)
    for (name, shape) in shapes {
      let begin = data.count
      for _ in 0..<shape.reduce(1, *) {
        let value = Float(Int.random(in: -8...8, using: &random)) / 8
        switch number {
        case .f32: withUnsafeBytes(of: value) { data.append(contentsOf: $0) }
        case .f16: withUnsafeBytes(of: Float16(value)) { data.append(contentsOf: $0) }
        case .bf16: withUnsafeBytes(of: UInt16(value.bitPattern >> 16)) { data.append(contentsOf: $0) }
        }
      }
      header.append(
        #""\#(name)":{"dtype":"\#(number.rawValue.uppercased())","shape":\#(shape),"data_offsets":[\#(begin),\#(data.count)]}"#
      )
    }
    let text = "{\(header.joined(separator: ","))}"
    return withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Data($0) } + Data(text.utf8) + data
  }

  private func withFolder<Result>(
    _ files: [String: Data], _ body: (URL) async throws -> Result
  ) async throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).appending(
      path: "tiny")
    for (name, data) in files {
      let file = url.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file)
    }
    defer { try? FileManager.default.removeItem(at: url.deletingLastPathComponent()) }
    return try await body(url)
  }

  private static let whole = [
    "config.json": Data(configuration.utf8), "vocab.txt": Data(vocabulary.utf8),
    "model.safetensors": weights(),
  ]

  private func vector(_ files: [String: Data], of text: String = "red redder") async throws -> [Float] {
    try await withFolder(files) { url in
      let embedder = try BertEmbedder(folder: EmbeddingModelFolder(opening: url), threads: 1)
      let vector = try await embedder.embed([EmbeddingInput(text)], for: .query)[0].vector
      await embedder.close()
      return vector
    }
  }

  @Test("a folder with a vocab.txt works, and its id depends on its weights")
  func smallest() async throws {
    let vector = try await vector(Self.whole)
    #expect(vector.count == 8 && abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    let ids = try await [Self.weights(), Self.weights(.f16)].asyncMap { weights in
      try await withFolder(Self.whole.merging(["model.safetensors": weights]) { $1 }) { url in
        try BertEmbedder(folder: EmbeddingModelFolder(opening: url), threads: 1).descriptor.id
      }
    }
    #expect(ids[0].hasPrefix("tiny/1-") && ids[0] != ids[1])
  }

  @Test("numbers of 16 bits, of either kind, are read")
  func shortNumbers() async throws {
    let expected = try await vector(Self.whole)
    for number in [Number.f16, .bf16] {
      let files = Self.whole.merging(["model.safetensors": Self.weights(number)]) { $1 }
      let vector = try await vector(files)
      #expect(zip(vector, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test("a missing file is named", arguments: ["config.json", "vocab.txt", "model.safetensors"])
  func missing(file: String) async throws {
    try await withFolder(Self.whole.filter { $0.key != file }) { url in
      let error = #expect(throws: EmbeddingModelError.self) { try EmbeddingModelFolder(opening: url) }
      #expect(error?.message.contains(file == "vocab.txt" ? "tokenizer.json" : file) == true)
      #expect(error?.message.contains(url.path) == false)
    }
  }

  @Test(
    "a file that cannot be used is named with the reason",
    arguments: [
      ("config.json", "{", "JSON"), ("config.json", #"{"model_type":"gpt2"}"#, "JSON"),
      ("config.json", configuration.replacing("bert", with: "gpt2"), "“gpt2”"),
      ("config.json", configuration.replacing("\"gelu\"", with: "\"relu\""), "“relu”"),
      ("config.json", configuration.replacing("heads\":2", with: "heads\":3"), "sizes"),
      ("config.json", configuration.replacing("vocab_size\":7", with: "vocab_size\":9"), "shape"),
      ("config.json", configuration.replacing("layers\":1", with: "layers\":2"), "no tensor"),
      ("model.safetensors", "hello, I am no weights", "longer than the file"),
      ("vocab.txt", "[PAD]\n[UNK]\n", "“[CLS]”"), ("vocab.txt", vocabulary + "blue\n", "more tokens"),
      ("tokenizer.json", #"{"model":{"type":"BPE"}}"#, "“BPE”"),
      ("1_Pooling/config.json", #"{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}"#, "mean"),
    ])
  func unusable(file: String, text: String, reason: String) async throws {
    try await withFolder(Self.whole.merging([file: Data(text.utf8)]) { $1 }) { url in
      let error = #expect(throws: EmbeddingModelError.self) {
        _ = try BertEmbedder(folder: EmbeddingModelFolder(opening: url), threads: 1)
      }
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
  }

  @Test("the limit is the model's own, and never beyond its positions")
  func limit() async throws {
    for (settings, expected) in [(nil, 16), (#"{"max_seq_length":9}"#, 9), (#"{"max_seq_length":900}"#, 16)] {
      var files = Self.whole
      files["sentence_bert_config.json"] = settings.map { Data($0.utf8) }
      try await withFolder(files) { url in
        let embedder = try BertEmbedder(folder: EmbeddingModelFolder(opening: url), threads: 1)
        #expect(embedder.descriptor.maxTokens == expected)
        let long = EmbeddingInput(String(repeating: "red ", count: 1000))
        #expect(try await embedder.embed([long], for: .passage)[0].vector.count == 8)
        await embedder.close()
        let error = await #expect(throws: ModelError.self) { try await embedder.embed([long], for: .query) }
        #expect(error?.code == .unavailable)
      }
    }
  }

  @Test("the first usable folder is found, also one level down")
  func find() async throws {
    try await withFolder(Self.whole) { url in
      let parent = url.deletingLastPathComponent()
      #expect(EmbeddingModelFolder.find(in: [parent])?.name == "tiny")
      #expect(EmbeddingModelFolder.find(in: [parent.appending(path: "none"), url])?.name == "tiny")
      #expect(EmbeddingModelFolder.find(in: [parent.appending(path: "none")]) == nil)
    }
  }
}

extension Array {
  fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await transform(element)) }
    return values
  }
}
