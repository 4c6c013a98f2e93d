import Foundation
import GRDB
import Graph

/// A ``SearchFilter`` as SQL, for the documents of an owner.
struct SQLiteSearchFilter {
  let owner: Owner
  /// A condition on rows of `documents`; `nil` when every document of the owner may be searched.
  let condition: String?
  let arguments: StatementArguments

  init(_ filter: SearchFilter, owner: Owner) {
    self.owner = owner
    var conditions: [String] = []
    var arguments = StatementArguments()
    if !filter.documents.isEmpty {
      // The plus sign keeps SQLite from going through all documents of the owner.
      conditions.append("documents.id IN (SELECT value FROM json_each(?)) AND +documents.owner = ?")
      arguments += [StoredValues.json(ids: Array(filter.documents)), owner.id]
    }
    let folders = filter.folders.map(Self.prefix)
    if !folders.isEmpty, !folders.contains("") {
      // The owner stands in each range, so that each is a range of the index by owner and source.
      let ranges = folders.sorted().map { folder in
        let range = Self.range(of: folder)
        arguments += [owner.id, range.lowerBound, range.upperBound]
        return "(documents.owner = ? AND documents.source >= ? AND documents.source < ?)"
      }
      conditions.append("(" + ranges.joined(separator: " OR ") + ")")
    }
    condition = conditions.isEmpty ? nil : conditions.joined(separator: " AND ")
    self.arguments = arguments
  }

  private init(documentsOf owner: Owner) {
    self.owner = owner
    condition = "documents.owner = ?"
    arguments = [owner.id]
  }

  /// The same with a condition in any case.
  var withCondition: SQLiteSearchFilter {
    condition == nil ? SQLiteSearchFilter(documentsOf: owner) : self
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
