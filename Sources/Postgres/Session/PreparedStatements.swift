/// What one connection has prepared, by the statement's text and its parameters' types.
struct PreparedStatements {
  struct Key: Hashable {
    let sql: String
    let types: [UInt32]

    init(_ statement: EncodedStatement) {
      sql = statement.sql
      types = statement.types
    }
  }

  private struct Entry {
    let name: String
    var lastUse: UInt64
  }

  private let limit: Int
  private var entries: [Key: Entry] = [:]
  private var uses: UInt64 = 0
  private var names: UInt64 = 0
  /// Names that the server still knows and nobody uses any more.
  private(set) var evicted: [String] = []

  init(limit: Int) {
    self.limit = max(1, limit)
  }

  var count: Int { entries.count }

  /// The statement's name, when it is prepared.
  mutating func name(for key: Key) -> String? {
    guard let entry = entries[key] else { return nil }
    uses += 1
    entries[key]?.lastUse = uses
    return entry.name
  }

  /// A name that was never used before on this connection.
  mutating func makeName() -> String {
    names += 1
    return "swift_\(names)"
  }

  /// Notes what the server has prepared; what was not used for the longest time makes room.
  mutating func insert(_ name: String, for key: Key) {
    if let former = entries[key] { evicted.append(former.name) }
    uses += 1
    entries[key] = Entry(name: name, lastUse: uses)
    if entries.count > limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      entries[oldest.key] = nil
      evicted.append(oldest.value.name)
    }
  }

  /// The statement does not fit any more.
  mutating func remove(_ key: Key) {
    if let entry = entries.removeValue(forKey: key) { evicted.append(entry.name) }
  }

  /// The server has forgotten all of them.
  mutating func removeAll() {
    entries = [:]
    evicted = []
  }

  mutating func takeEvicted() -> [String] {
    defer { evicted = [] }
    return evicted
  }
}
