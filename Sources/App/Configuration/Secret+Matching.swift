import Providers

extension Secret {
  /// Compares in a time that does not depend on where the strings differ.
  func matches(_ other: String) -> Bool {
    let (own, other) = (Array(reveal().utf8), Array(other.utf8))
    guard !own.isEmpty else { return false }
    var difference = own.count ^ other.count
    for index in other.indices {
      difference |= Int(other[index] ^ own[index % own.count])
    }
    return difference == 0
  }
}
