/// From which sizes on an index works differently. Measured; see `docs/adr/009-vector-index.md`.
struct VectorIndexLimits: Sendable, Hashable {
  /// How many vectors a block holds: so few that it is copied within a millisecond or two, so many that going from block to
  /// block costs nothing.
  var blockCapacity = 4_096
  /// Above this many vectors codes are compared first. Below, comparing all floats takes less than a millisecond.
  var codeThreshold = 5_000
  /// From this many vectors on several threads share a search.
  var parallelThreshold = 40_000
}
