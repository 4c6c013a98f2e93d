internal import CBLAS
internal import CKernels

/// Computes a BERT encoder (Devlin et al. 2018, arXiv:1810.04805; Vaswani et al. 2017, arXiv:1706.03762, section 3).
///
/// The texts of a batch lie one after the other, without padding: the linear layers see one tall matrix, and attention
/// is computed for each text by itself.
struct BertEncoder: Sendable {
  /// How many rows go through a feed-forward block at a time, so that its wide middle stays in the cache.
  static let innerRows = 256

  let weights: BertWeights

  private var configuration: BertConfiguration { weights.configuration }

  /// Computes the last layer's output for every token of every text.
  ///
  /// - Parameters:
  ///   - texts: the tokens of each text, those around it included; none is empty, none has more than the model has
  ///     positions for, and every id is one of the vocabulary.
  ///   - workspace: holds the result in `hidden`: one row of ``BertConfiguration/width`` numbers for each token.
  func encode(_ texts: [[Int32]], in workspace: EncoderWorkspace) {
    let rows = texts.reduce(0) { $0 + $1.count }
    workspace.reserve(
      rows: rows, longest: texts.reduce(0) { max($0, $1.count) }, configuration: configuration)
    embed(texts, rows: rows, workspace)
    for layer in weights.layers {
      attend(layer, texts, rows: rows, workspace)
      feedForward(layer, rows: rows, workspace)
    }
  }

  private func embed(_ texts: [[Int32]], rows: Int, _ workspace: EncoderWorkspace) {
    workspace.ids.removeAll(keepingCapacity: true)
    workspace.positions.removeAll(keepingCapacity: true)
    for text in texts {
      workspace.ids += text
      workspace.positions += 0..<Int32(text.count)
    }
    let hidden = workspace.hidden.start
    rill_embed_tokens(
      weights.tokens.start, workspace.ids, weights.positions.start, workspace.positions, rows,
      configuration.width, hidden)
    rill_layer_norm(
      hidden, rows, configuration.width, weights.embeddingNorm.gain.start, weights.embeddingNorm.bias.start,
      configuration.layerNormEpsilon)
  }

  private func attend(
    _ layer: BertWeights.Layer, _ texts: [[Int32]], rows: Int, _ workspace: EncoderWorkspace
  ) {
    let width = configuration.width
    multiply(
      workspace.hidden.start, rows, width, layer.attentionInput.weight, 3 * width, workspace.projections.start
    )
    rill_add_bias(workspace.projections.start, rows, 3 * width, layer.attentionInput.bias.start)
    var first = 0
    for text in texts {
      gather(first: first, count: text.count, workspace)
      first += text.count
    }
    multiply(
      workspace.gathered.start, rows, width, layer.attentionOutput.weight, width, workspace.output.start)
    rill_add_layer_norm(
      workspace.hidden.start, workspace.output.start, layer.attentionOutput.bias.start, rows, width,
      layer.attentionNorm.gain.start, layer.attentionNorm.bias.start, configuration.layerNormEpsilon)
  }

  /// Attention within one text: `softmax(q · kᵀ / √d) · v` for each head.
  private func gather(first: Int, count: Int, _ workspace: EncoderWorkspace) {
    let (width, headWidth) = (configuration.width, configuration.headWidth)
    let scale = 1 / Float(headWidth).squareRoot()
    let scores = workspace.scores.start
    let projections = UnsafePointer(workspace.projections.start + first * 3 * width)
    let stride = Int32(3 * width)
    let (rows, columns) = (Int32(count), Int32(headWidth))
    for head in 0..<configuration.heads {
      let query = projections + head * headWidth
      rill_multiply_transposed(
        rows, rows, columns, scale, query, stride, query + width, stride, scores, rows)
      rill_softmax(scores, count, count)
      rill_multiply(
        rows, columns, rows, scores, rows, query + 2 * width, stride,
        workspace.gathered.start + first * width + head * headWidth, Int32(width))
    }
  }

  private func feedForward(_ layer: BertWeights.Layer, rows: Int, _ workspace: EncoderWorkspace) {
    let (width, innerWidth) = (configuration.width, configuration.innerWidth)
    for first in stride(from: 0, to: rows, by: Self.innerRows) {
      let count = min(Self.innerRows, rows - first)
      let hidden = workspace.hidden.start + first * width
      multiply(hidden, count, width, layer.inner.weight, innerWidth, workspace.inner.start)
      rill_add_bias_gelu(workspace.inner.start, count, innerWidth, layer.inner.bias.start)
      multiply(workspace.inner.start, count, innerWidth, layer.output.weight, width, workspace.output.start)
      rill_add_layer_norm(
        hidden, workspace.output.start, layer.output.bias.start, count, width, layer.outputNorm.gain.start,
        layer.outputNorm.bias.start, configuration.layerNormEpsilon)
    }
  }

  /// `y = x · weightᵀ`
  private func multiply(
    _ x: UnsafePointer<Float>, _ rows: Int, _ inputs: Int, _ weight: FloatRegion, _ outputs: Int,
    _ y: UnsafeMutablePointer<Float>
  ) {
    rill_multiply_transposed(
      Int32(rows), Int32(outputs), Int32(inputs), 1, x, Int32(inputs), weight.start, Int32(inputs), y,
      Int32(outputs))
  }
}
