import Foundation
import TestSupport

@testable import Providers

/// The smallest BERT that has every part, in a folder.
enum TinyModel {
  /// 8 numbers for each token, one layer, two heads.
  static let configuration = #"""
    {"model_type":"bert","hidden_act":"gelu","hidden_size":8,"intermediate_size":12,"num_hidden_layers":1,
    "num_attention_heads":2,"vocab_size":7,"max_position_embeddings":16,"type_vocab_size":2,"layer_norm_eps":1e-12}
    """#
  static let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nred\n##der\n"

  static let shapes: [(name: String, shape: [Int])] = {
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

  enum Number: String { case f32, f16, bf16 }

  /// Weights that 16-bit numbers of either kind hold exactly.
  static func weights(_ number: Number = .f32, seed: UInt64 = 3) -> Data {
    var (header, data) = ([String](), Data())
    var random = SeededGenerator(seed: seed)
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

  static func withFolder<Result>(
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

  static let whole = [
    "config.json": Data(configuration.utf8), "vocab.txt": Data(vocabulary.utf8),
    "model.safetensors": weights(),
  ]
}
