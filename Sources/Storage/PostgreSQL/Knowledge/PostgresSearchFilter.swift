import Foundation
import Graph
import Postgres

/// A ``SearchFilter`` as SQL.
struct PostgresSearchFilter {
  private let documents: [UUID]
  private let folders: [FolderRange]

  init(_ filter: SearchFilter) {
    documents = Array(filter.documents)
    let folders = filter.folders.sorted().map { FolderRange($0) }
    // One that is the root makes the others pointless.
    self.folders = folders.contains(nil) ? [] : folders.compactMap(\.self)
  }

  /// Whether every document may be searched.
  var isAll: Bool { documents.isEmpty && folders.isEmpty }

  /// A condition on rows of `documents`.
  func condition(owner: String, _ parameters: inout PostgresParameters) -> String {
    var conditions = ["owner = \(parameters.add(.text(owner)))"]
    if !documents.isEmpty { conditions.append("id = ANY (\(parameters.add(.uuids(documents))))") }
    if !folders.isEmpty {
      let ranges = folders.map { Self.condition($0, &parameters) }
      conditions.append("(" + ranges.joined(separator: " OR ") + ")")
    }
    return conditions.joined(separator: " AND ")
  }

  static func condition(_ folder: FolderRange, _ parameters: inout PostgresParameters) -> String {
    let start = parameters.add(.text(folder.lowerBound.storable))
    let end = parameters.add(.text(folder.upperBound.storable))
    return "(source >= \(start) AND source < \(end))"
  }
}
