internal import CKernels
import Foundation

/// The numbers of a BERT encoder, laid out as it reads them.
///
/// The vectors of the tokens stay in the mapped file, of which a text needs a few pages. What every text needs is
/// rearranged for the products, and kept in that order from one start to the next.
final class BertWeights: Sendable {
  /// `y = x · weightᵀ + bias`, with the weight packed for `rill_matrix_multiply`.
  struct Linear: Sendable {
    let inputs: Int
    let outputs: Int
    let packed: FloatRegion
    let bias: FloatRegion
  }

  struct LayerNorm: Sendable {
    let gain: FloatRegion
    let bias: FloatRegion
  }

  struct Layer: Sendable {
    /// Query, key and value of every head in one matrix: one large product instead of three.
    let attentionInput: Linear
    let attentionOutput: Linear
    let attentionNorm: LayerNorm
    let inner: Linear
    let output: Linear
    let outputNorm: LayerNorm
  }

  let configuration: BertConfiguration
  let tokens: FloatRegion
  /// With the vector of token type 0 added, which every token of a single text has.
  let positions: FloatRegion
  let embeddingNorm: LayerNorm
  let layers: [Layer]
  /// Tells these weights from others, in eight digits.
  let fingerprint: String
  /// Where the matrices have to be kept still; `nil` when they came from there, or are not kept.
  let unsaved: PackedMatrices?

  /// - Parameter folder: where the packed matrices are kept; `nil` to pack them every time.
  /// - Throws: ``SafetensorsFile/Damage`` when a tensor is missing or has another shape than the configuration says.
  init(file: SafetensorsFile, configuration: BertConfiguration, packedIn folder: URL? = nil) throws {
    let fingerprint = Self.fingerprint(of: file)
    self.fingerprint = fingerprint
    let kept = folder.map {
      PackedMatrices(folder: $0, file: file, fingerprint: fingerprint, configuration: configuration)
    }
    let matrices = kept?.load()
    unsaved = matrices == nil ? kept : nil
    let reader = Reader(file: file, width: configuration.width, matrices: matrices)
    self.configuration = configuration
    tokens = try reader.region(
      "embeddings.word_embeddings.weight", [configuration.vocabulary, configuration.width])
    positions = try reader.positions(configuration)
    embeddingNorm = try reader.norm("embeddings.LayerNorm")
    layers = try (0..<configuration.layers).map { index in
      let (layer, matrix) = ("encoder.layer.\(index)", 4 * index)
      return Layer(
        attentionInput: try reader.attentionInput(
          "\(layer).attention.self", matrix: matrix, scale: 1 / Float(configuration.headWidth).squareRoot()),
        attentionOutput: try reader.linear("\(layer).attention.output.dense", matrix: matrix + 1),
        attentionNorm: try reader.norm("\(layer).attention.output.LayerNorm"),
        inner: try reader.linear(
          "\(layer).intermediate.dense", matrix: matrix + 2, outputs: configuration.innerWidth),
        output: try reader.linear(
          "\(layer).output.dense", matrix: matrix + 3, inputs: configuration.innerWidth),
        outputNorm: try reader.norm("\(layer).output.LayerNorm"))
    }
  }

  /// Keeps the matrices for the next start, if that is still to be done.
  func save() {
    unsaved?.save(
      layers.flatMap { [$0.attentionInput, $0.attentionOutput, $0.inner, $0.output].map(\.packed) })
  }

  /// A hash (FNV-1a) of the file's size and of the beginning of every tensor, so that not the whole file has to be read.
  private static func fingerprint(of file: SafetensorsFile) -> String {
    var hash: UInt32 = 2_166_136_261
    func add(_ byte: UInt8) { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    withUnsafeBytes(of: UInt64(file.byteCount).littleEndian) { $0.forEach(add) }
    for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
      name.utf8.forEach(add)
      file.contents[tensor.bytes].prefix(64).forEach(add)
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private struct Reader {
    let file: SafetensorsFile
    let width: Int
    /// Models that were saved with a task's head carry this prefix.
    let prefix: String
    /// The packed matrices of all layers, when they are there already.
    let matrices: [FloatRegion]?

    init(file: SafetensorsFile, width: Int, matrices: [FloatRegion]?) {
      self.file = file
      self.matrices = matrices
      self.width = width
      prefix = file.tensors["bert.embeddings.word_embeddings.weight"] == nil ? "" : "bert."
    }

    func region(_ name: String, _ shape: [Int]) throws -> FloatRegion {
      let tensor = try file.tensor(prefix + name, shape: shape)
      let bytes = UnsafeRawBufferPointer(rebasing: file.contents[tensor.bytes])
      let start = UInt(bitPattern: bytes.baseAddress)
      if tensor.element == .float32, start % UInt(MemoryLayout<Float>.alignment) == 0 {
        return FloatRegion(mapped: start, count: tensor.count, owner: file)
      }
      return FloatRegion(count: tensor.count) { numbers in
        switch tensor.element {
        case .float32: UnsafeMutableRawBufferPointer(numbers).copyMemory(from: bytes)
        case .float16: rill_widen_half(bytes.baseAddress, tensor.count, numbers.baseAddress)
        case .bfloat16: rill_widen_bfloat(bytes.baseAddress, tensor.count, numbers.baseAddress)
        }
      }
    }

    /// - Parameter matrix: its place among the packed ones.
    func linear(
      _ name: String, matrix: Int, inputs: Int? = nil, outputs: Int? = nil
    ) throws -> BertWeights.Linear {
      let (inputs, outputs) = (inputs ?? width, outputs ?? width)
      let weight = try region("\(name).weight", [outputs, inputs])
      return BertWeights.Linear(
        inputs: inputs, outputs: outputs,
        packed: matrices?[matrix] ?? Self.pack(weight, inputs: inputs, outputs: outputs),
        bias: try region("\(name).bias", [outputs]))
    }

    private static func pack(_ weight: FloatRegion, inputs: Int, outputs: Int) -> FloatRegion {
      FloatRegion(count: rill_matrix_packed_count(outputs, inputs)) { numbers in
        rill_matrix_pack_transposed(outputs, inputs, weight.start, inputs, numbers.baseAddress)
      }
    }

    func norm(_ name: String) throws -> BertWeights.LayerNorm {
      // Models that were converted from TensorFlow call them gamma and beta.
      let isOld = file.tensors["\(prefix)\(name).gamma"] != nil
      return BertWeights.LayerNorm(
        gain: try region("\(name).\(isOld ? "gamma" : "weight")", [width]),
        bias: try region("\(name).\(isOld ? "beta" : "bias")", [width]))
    }

    /// - Parameter scale: of the queries. Scaled here once, instead of every score for every text.
    func attentionInput(_ name: String, matrix: Int, scale: Float) throws -> BertWeights.Linear {
      let parts = ["query", "key", "value"]
      let weights = try parts.map { try region("\(name).\($0).weight", [width, width]) }
      let biases = try parts.map { try region("\(name).\($0).bias", [width]) }
      return BertWeights.Linear(
        inputs: width, outputs: 3 * width,
        packed: matrices?[matrix]
          ?? Self.pack(
            FloatRegion(joining: weights, scalingFirstBy: scale), inputs: width, outputs: 3 * width),
        bias: FloatRegion(joining: biases, scalingFirstBy: scale))
    }

    func positions(_ configuration: BertConfiguration) throws -> FloatRegion {
      let positions = try region("embeddings.position_embeddings.weight", [configuration.positions, width])
      let types = try region("embeddings.token_type_embeddings.weight", [configuration.tokenTypes, width])
      return FloatRegion(count: configuration.positions * width) { numbers in
        for index in numbers.indices {
          numbers[index] = positions.start[index] + types.start[index % width]
        }
      }
    }
  }
}
