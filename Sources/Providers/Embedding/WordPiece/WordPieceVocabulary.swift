/// The pieces of words that a model knows, arranged for finding the longest that a text begins with.
///
/// A trie over UTF-8 bytes: one step for each byte, whatever the size of the vocabulary. Its edges are in one hash table
/// with open addressing.
struct WordPieceVocabulary: Sendable {
  /// Pieces that begin a word, and pieces that continue one, are found from different roots.
  enum Position { case start, continuation }

  /// How many ids there are, from 0.
  let count: Int
  /// An edge is `node << 8 | byte` in the upper half and the node it leads to in the lower half; 0 is an empty place.
  private let edges: [UInt64]
  private let shift: UInt32
  /// The piece that ends at a node, or -1.
  private let pieces: [Int32]

  private static let startRoot: UInt32 = 1
  private static let continuationRoot: UInt32 = 2

  /// - Parameters:
  ///   - pieces: every piece of the vocabulary with its id.
  ///   - prefix: what marks a piece that continues a word.
  init(pieces: [(text: [UInt8], id: Int32)], prefix: [UInt8]) {
    var table = Builder(pieceCount: pieces.count)
    for (text, id) in pieces {
      if text.count > prefix.count, text.starts(with: prefix) {
        table.add(text[prefix.count...], id: id, root: Self.continuationRoot)
      }
      // A word may also begin with the very sign of the prefix; then the piece stands for itself.
      table.add(text[...], id: id, root: Self.startRoot)
    }
    count = (pieces.map { Int($0.id) }.max() ?? -1) + 1
    self.pieces = table.pieces
    (edges, shift) = (table.edges, table.shift)
  }

  /// The longest piece that these bytes begin with.
  @inline(__always)
  func longestPiece(
    in bytes: Slice<UnsafeBufferPointer<UInt8>>, at position: Position
  ) -> (id: Int32, byteCount: Int)? {
    var node = position == .start ? Self.startRoot : Self.continuationRoot
    var best: (id: Int32, byteCount: Int)?
    var length = 0
    for byte in bytes {
      guard let next = child(of: node, byte) else { break }
      node = next
      length += 1
      if pieces[Int(node)] >= 0 { best = (pieces[Int(node)], length) }
    }
    return best
  }

  @inline(__always)
  private func child(of node: UInt32, _ byte: UInt8) -> UInt32? {
    let key = node << 8 | UInt32(byte)
    var index = Int((key &* 0x9E37_79B1) >> shift)
    while true {
      let edge = edges[index]
      if edge == 0 { return nil }
      if UInt32(truncatingIfNeeded: edge >> 32) == key { return UInt32(truncatingIfNeeded: edge) }
      index = (index + 1) & (edges.count - 1)
    }
  }

  private struct Builder {
    private(set) var edges: [UInt64]
    private(set) var shift: UInt32
    private(set) var pieces: [Int32] = [-1, -1, -1]
    private var edgeCount = 0

    /// - Parameter pieceCount: so that the table grows once at the most, mostly.
    init(pieceCount: Int) {
      var bits: UInt32 = 4
      while 1 << bits < pieceCount * 4 { bits += 1 }
      edges = [UInt64](repeating: 0, count: 1 << bits)
      shift = 32 - bits
      pieces.reserveCapacity(pieceCount * 3)
    }

    mutating func add(_ text: ArraySlice<UInt8>, id: Int32, root: UInt32) {
      var node = root
      for byte in text { node = child(of: node, byte) }
      pieces[Int(node)] = id
    }

    /// The node that an edge leads to, which is made when it is not there.
    private mutating func child(of node: UInt32, _ byte: UInt8) -> UInt32 {
      let key = node << 8 | UInt32(byte)
      let index = place(of: key)
      if edges[index] != 0 { return UInt32(truncatingIfNeeded: edges[index]) }
      let next = UInt32(pieces.count)
      pieces.append(-1)
      edges[index] = UInt64(key) << 32 | UInt64(next)
      edgeCount += 1
      if edgeCount * 2 > edges.count { grow() }
      return next
    }

    /// Where an edge stands, or where it belongs.
    private func place(of key: UInt32) -> Int {
      var index = Int((key &* 0x9E37_79B1) >> shift)
      while edges[index] != 0, UInt32(truncatingIfNeeded: edges[index] >> 32) != key {
        index = (index + 1) & (edges.count - 1)
      }
      return index
    }

    private mutating func grow() {
      let old = edges
      edges = [UInt64](repeating: 0, count: old.count * 2)
      shift -= 1
      for edge in old where edge != 0 { edges[place(of: UInt32(truncatingIfNeeded: edge >> 32))] = edge }
    }
  }
}
