import Foundation
import GRDB
import Graph

/// A ``SearchFilter`` as SQL.
struct SQLiteSearchFilter {
  /// A condition on rows of `documents`; `nil` when every document may be searched.
  let condition: String?
  let arguments: StatementArguments

  init(_ filter: SearchFilter) throws {
    var conditions: [String] = []
    var arguments = StatementArguments()
    if !filter.documents.isEmpty {
      conditions.append("documents.id IN (SELECT value FROM json_each(?))")
      arguments += [try StoredValues.json(filter.documents.map(StoredValues.text))]
    }
    let folders = filter.folders.map(Self.prefix)
    if !folders.isEmpty, !folders.contains("") {
      let ranges = folders.sorted().map { folder in
        let range = Self.range(of: folder)
        arguments += [range.lowerBound, range.upperBound]
        return "(documents.source >= ? AND documents.source < ?)"
      }
      conditions.append("(" + ranges.joined(separator: " OR ") + ")")
    }
    condition = conditions.isEmpty ? nil : conditions.joined(separator: " AND ")
    self.arguments = arguments
  }

  /// A folder as it stands before its files' names, without the slash at its end; the root is empty.
  static func prefix(of folder: String) -> String {
    var folder = Substring(folder)
    while folder.last == "/" { folder.removeLast() }
    return String(folder)
  }

  /// The sources in a folder are those from `folder/` up to, not including, `folder0`: `0` follows `/`.
  static func range(of folder: String) -> (lowerBound: String, upperBound: String) {
    (folder + "/", folder + "0")
  }
}
