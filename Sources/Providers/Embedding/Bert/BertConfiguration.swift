import Foundation

/// What of a model's `config.json` an encoder needs to know.
struct BertConfiguration: Sendable, Hashable {
  /// Numbers in a token's vector.
  let width: Int
  /// Numbers in the middle of a feed-forward block.
  let innerWidth: Int
  let layers: Int
  let heads: Int
  let vocabulary: Int
  /// The longest text, in tokens, that the model has positions for.
  let positions: Int
  let tokenTypes: Int
  let layerNormEpsilon: Float

  var headWidth: Int { width / heads }

  /// The file is not of a model that this encoder computes; a sentence says why.
  struct Unsupported: Error, Hashable, CustomStringConvertible {
    let description: String
  }

  /// - Throws: ``Unsupported``, or a `DecodingError`.
  init(json: Data) throws {
    let file = try JSONDecoder().decode(File.self, from: json)
    guard file.modelType == "bert" else {
      throw Unsupported(description: "It is a model of the type “\(file.modelType)”; Rill computes “bert”.")
    }
    guard ["gelu", nil].contains(file.activation) else {
      throw Unsupported(description: "Its activation is “\(file.activation ?? "")”; Rill computes “gelu”.")
    }
    guard ["absolute", nil].contains(file.positionType) else {
      throw Unsupported(
        description: "Its positions are “\(file.positionType ?? "")”; Rill computes “absolute”.")
    }
    let sizes = [
      file.width, file.innerWidth, file.layers, file.heads, file.vocabulary, file.positions,
      file.tokenTypes ?? 2,
    ]
    guard sizes.allSatisfy({ (1...1_000_000).contains($0) }), file.width % file.heads == 0,
      let epsilon = Float(exactly: Float(file.epsilon ?? 1e-12)), epsilon >= 0
    else { throw Unsupported(description: "Its sizes make no sense.") }
    (width, innerWidth, layers, heads) = (file.width, file.innerWidth, file.layers, file.heads)
    (vocabulary, positions, tokenTypes) = (file.vocabulary, file.positions, file.tokenTypes ?? 2)
    layerNormEpsilon = epsilon
  }

  private struct File: Decodable {
    let modelType: String
    let activation: String?
    let positionType: String?
    let width: Int
    let innerWidth: Int
    let layers: Int
    let heads: Int
    let vocabulary: Int
    let positions: Int
    let tokenTypes: Int?
    let epsilon: Double?

    enum CodingKeys: String, CodingKey {
      case modelType = "model_type"
      case activation = "hidden_act"
      case positionType = "position_embedding_type"
      case width = "hidden_size"
      case innerWidth = "intermediate_size"
      case layers = "num_hidden_layers"
      case heads = "num_attention_heads"
      case vocabulary = "vocab_size"
      case positions = "max_position_embeddings"
      case tokenTypes = "type_vocab_size"
      case epsilon = "layer_norm_eps"
    }
  }
}
