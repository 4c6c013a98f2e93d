import Foundation
import Graph
import Testing

@testable import Providers

@Suite("Folders of embedding models")
struct EmbeddingModelFolderTests {
  private func vector(_ files: [String: Data], of text: String = "red redder") async throws -> [Float] {
    try await TinyModel.withFolder(files) { url in
      let embedder = try BertEmbedder(folder: EmbeddingModelFolder(opening: url), threads: 1)
      let vector = try await embedder.embed([EmbeddingInput(text)], for: .query)[0].vector
      await embedder.close()
      return vector
    }
  }

  @Test("a folder with a vocab.txt works, and its id depends on its weights")
  func smallest() async throws {
    let vector = try await vector(TinyModel.whole)
    #expect(vector.count == 8 && abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    let ids = try await [TinyModel.weights(), TinyModel.weights(.f16)].asyncMap { weights in
      try await TinyModel.withFolder(TinyModel.whole.merging(["model.safetensors": weights]) { $1 }) { url in
        try BertEmbedder(folder: EmbeddingModelFolder(opening: url), threads: 1).descriptor.id
      }
    }
    #expect(ids[0].hasPrefix("tiny/1-") && ids[0] != ids[1])
  }

  @Test("numbers of 16 bits, of either kind, are read")
  func shortNumbers() async throws {
    let expected = try await vector(TinyModel.whole)
    for number in [TinyModel.Number.f16, .bf16] {
      let files = TinyModel.whole.merging(["model.safetensors": TinyModel.weights(number)]) { $1 }
      let vector = try await vector(files)
      #expect(zip(vector, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test("a missing file is named", arguments: ["config.json", "vocab.txt", "model.safetensors"])
  func missing(file: String) async throws {
    try await TinyModel.withFolder(TinyModel.whole.filter { $0.key != file }) { url in
      let error = #expect(throws: EmbeddingModelError.self) { try EmbeddingModelFolder(opening: url) }
      #expect(error?.message.contains(file == "vocab.txt" ? "tokenizer.json" : file) == true)
      #expect(error?.message.contains(url.path) == false)
    }
  }

  @Test(
    "a file that cannot be used is named with the reason",
    arguments: [
      ("config.json", "{", "JSON"), ("config.json", #"{"model_type":"gpt2"}"#, "JSON"),
      ("config.json", TinyModel.configuration.replacing("bert", with: "gpt2"), "“gpt2”"),
      ("config.json", TinyModel.configuration.replacing("\"gelu\"", with: "\"relu\""), "“relu”"),
      ("config.json", TinyModel.configuration.replacing("heads\":2", with: "heads\":3"), "sizes"),
      ("config.json", TinyModel.configuration.replacing("vocab_size\":7", with: "vocab_size\":9"), "shape"),
      ("config.json", TinyModel.configuration.replacing("layers\":1", with: "layers\":2"), "no tensor"),
      ("model.safetensors", "hello, I am no weights", "longer than the file"),
      ("vocab.txt", "[PAD]\n[UNK]\n", "“[CLS]”"),
      ("vocab.txt", TinyModel.vocabulary + "blue\n", "more tokens"),
      ("tokenizer.json", #"{"model":{"type":"BPE"}}"#, "“BPE”"),
      ("1_Pooling/config.json", #"{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}"#, "mean"),
    ])
  func unusable(file: String, text: String, reason: String) async throws {
    try await TinyModel.withFolder(TinyModel.whole.merging([file: Data(text.utf8)]) { $1 }) { url in
      let error = #expect(throws: EmbeddingModelError.self) {
        _ = try BertEmbedder(folder: EmbeddingModelFolder(opening: url), threads: 1)
      }
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
  }

  @Test("the limit is the model's own, and never beyond its positions")
  func limit() async throws {
    for (settings, expected) in [(nil, 16), (#"{"max_seq_length":9}"#, 9), (#"{"max_seq_length":900}"#, 16)] {
      var files = TinyModel.whole
      files["sentence_bert_config.json"] = settings.map { Data($0.utf8) }
      try await TinyModel.withFolder(files) { url in
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
    try await TinyModel.withFolder(TinyModel.whole) { url in
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
