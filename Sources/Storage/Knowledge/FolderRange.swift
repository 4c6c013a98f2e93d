/// The sources that lie in a folder at any depth, compared byte by byte: those from `folder/` up to, not including,
/// `folder0`, because `0` follows `/`.
struct FolderRange: Hashable {
  let lowerBound: String
  let upperBound: String

  /// - Returns: `nil` for the root, in which everything lies.
  init?(_ folder: String) {
    var folder = Substring(folder)
    while folder.last == "/" { folder.removeLast() }
    guard !folder.isEmpty else { return nil }
    lowerBound = folder + "/"
    upperBound = folder + "0"
  }
}
