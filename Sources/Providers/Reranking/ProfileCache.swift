import Foundation
import Graph

/// The profiles of the passages that were read last, by their chunks and what stands in them: a chunk whose text changes in its
/// place is another passage.
///
/// There are two halves. What is found in the older one moves to the newer one; when that is full, the older one is
/// forgotten. So what is used again stays, and nothing has to be counted.
struct ProfileCache {
  /// The chunk and 64 bits of what stands in it: of 2^64 changes of one chunk one would not be noticed.
  struct Key: Hashable {
    private let chunk: UUID
    private let content: Int

    init(_ passage: Passage) {
      chunk = passage.chunk.id
      var hasher = Hasher()
      for text in [passage.title, passage.chunk.text] + passage.chunk.headings {
        var text = text
        text.withUTF8 { bytes in
          // With its length, so that the same characters elsewhere are another content.
          hasher.combine(bytes.count)
          hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
      }
      content = hasher.finalize()
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
