internal import CKernels

/// The memory in which one thread computes; it grows to what the largest batch needs and is used again and again.
///
/// Not `Sendable`: it never leaves its thread.
final class EncoderWorkspace {
  /// One row for each token of the batch: what goes into a layer, and what comes out of it.
  private(set) var hidden = ScratchBuffer()
  /// Query, key and value of every token.
  private(set) var projections = ScratchBuffer()
  /// What the attention heads gathered, then the outputs of the linear layers.
  private(set) var gathered = ScratchBuffer()
  private(set) var output = ScratchBuffer()
  /// The middle of the feed-forward blocks.
  private(set) var inner = ScratchBuffer()
  /// How much each token of one text attends to each other.
  private(set) var scores = ScratchBuffer()
  /// A head's keys or values, rearranged for a product.
  private(set) var packed = ScratchBuffer()
  var ids: [Int32] = []
  var positions: [Int32] = []

  func reserve(rows: Int, longest: Int, configuration: BertConfiguration) {
    hidden.reserve(rows * configuration.width)
    projections.reserve(rows * configuration.width * 3)
    gathered.reserve(rows * configuration.width)
    output.reserve(rows * configuration.width)
    inner.reserve(min(rows, BertEncoder.innerRows) * configuration.innerWidth)
    scores.reserve(longest * longest)
    packed.reserve(
      max(
        rill_matrix_packed_count(longest, configuration.headWidth),
        rill_matrix_packed_count(configuration.headWidth, longest)))
  }
}

/// Memory for numbers, aligned for vector instructions; what it holds is lost when it grows.
struct ScratchBuffer: ~Copyable {
  private var memory: UnsafeMutableRawBufferPointer?

  var start: UnsafeMutablePointer<Float> {
    guard let start = memory?.baseAddress else { preconditionFailure("nothing was reserved") }
    return start.assumingMemoryBound(to: Float.self)
  }

  mutating func reserve(_ count: Int) {
    let byteCount = max(count, 1) * MemoryLayout<Float>.stride
    guard byteCount > memory?.count ?? 0 else { return }
    memory?.deallocate()
    let fresh = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    _ = fresh.initializeMemory(as: Float.self, repeating: 0)
    memory = fresh
  }

  deinit { memory?.deallocate() }
}
