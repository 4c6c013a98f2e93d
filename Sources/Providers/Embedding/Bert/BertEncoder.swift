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
    apply(layer.attentionInput, to: workspace.hidden.start, rows: rows, workspace.projections.start)
    var first = 0
    for text in texts {
      gather(first: first, count: text.count, workspace)
      first += text.count
    }
    apply(layer.attentionOutput, to: workspace.gathered.start, rows: rows, workspace.output.start)
    rill_add_layer_norm(
      workspace.hidden.start, workspace.output.start, rows, configuration.width,
      layer.attentionNorm.gain.start,
      layer.attentionNorm.bias.start, configuration.layerNormEpsilon)
  }

  /// Attention within one text: `softmax(q · kᵀ / √d) · v` for each head. The weights hold the division already.
  private func gather(first: Int, count: Int, _ workspace: EncoderWorkspace) {
    let (width, headWidth) = (configuration.width, configuration.headWidth)
    let (scores, packed) = (workspace.scores.start, workspace.packed.start)
    let projections = UnsafePointer(workspace.projections.start + first * 3 * width)
    for head in 0..<configuration.heads {
      let query = projections + head * headWidth
      let (key, value) = (query + width, query + 2 * width)
      rill_matrix_pack_transposed(count, headWidth, key, 3 * width, packed)
      rill_matrix_multiply(count, count, headWidth, query, 3 * width, packed, nil, scores, count)
      rill_softmax(scores, count, count)
      rill_matrix_pack(headWidth, count, value, 3 * width, packed)
      rill_matrix_multiply(
        count, headWidth, count, scores, count, packed, nil,
        workspace.gathered.start + first * width + head * headWidth, width)
    }
  }

  private func feedForward(_ layer: BertWeights.Layer, rows: Int, _ workspace: EncoderWorkspace) {
    for first in stride(from: 0, to: rows, by: Self.innerRows) {
      let count = min(Self.innerRows, rows - first)
      let hidden = workspace.hidden.start + first * configuration.width
      apply(layer.inner, to: hidden, rows: count, workspace.inner.start)
      rill_gelu(workspace.inner.start, count * configuration.innerWidth)
      apply(layer.output, to: workspace.inner.start, rows: count, workspace.output.start)
      rill_add_layer_norm(
        hidden, workspace.output.start, count, configuration.width, layer.outputNorm.gain.start,
        layer.outputNorm.bias.start, configuration.layerNormEpsilon)
    }
  }

  private func apply(
    _ linear: BertWeights.Linear, to x: UnsafePointer<Float>, rows: Int, _ y: UnsafeMutablePointer<Float>
  ) {
    rill_matrix_multiply(
      rows, linear.outputs, linear.inputs, x, linear.inputs, linear.packed.start, linear.bias.start, y,
      linear.outputs)
  }
}
