import Graph

/// The profiles of the passages that were read last, by what stands in them: a passage whose text changes is another one.
///
/// There are two halves. What is found in the older one moves to the newer one; when that is full, the older one is
/// forgotten. So what is used again stays, and nothing has to be counted.
struct ProfileCache {
  /// 128 bits of the text: two of a billion passages share them with a chance of one in 10^20.
  struct Key: Hashable {
    private let first: Int
    private let second: Int

    init(_ passage: Passage) {
      var (one, other) = (Hasher(), Hasher())
      other.combine(1)
      for text in [passage.title, passage.chunk.text] + passage.chunk.headings {
        var text = text
        text.withUTF8 { bytes in
          // With its length, so that the same characters elsewhere are another passage.
          one.combine(bytes.count)
          one.combine(bytes: UnsafeRawBufferPointer(bytes))
          other.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
      }
      first = one.finalize()
      second = other.finalize()
    }
  }

  private let halfSize: Int
  private var newer: [Key: PassageProfile] = [:]
  private var older: [Key: PassageProfile] = [:]
  private var newerBytes = 0

  /// - Parameter byteCount: what all profiles may take together.
  init(byteCount: Int) {
    halfSize = byteCount / 2
  }

  subscript(key: Key) -> PassageProfile? {
    mutating get {
      if let profile = newer[key] { return profile }
      guard let profile = older.removeValue(forKey: key) else { return nil }
      keep(profile, key)
      return profile
    }
  }

  mutating func keep(_ profile: PassageProfile, _ key: Key) {
    if newerBytes + profile.byteCount > halfSize {
      older = newer
      newer = [:]
      newerBytes = 0
    }
    newer[key] = profile
    newerBytes += profile.byteCount
  }

  /// How many profiles there are.
  var count: Int { newer.count + older.count }
}
