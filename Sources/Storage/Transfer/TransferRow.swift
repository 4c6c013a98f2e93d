import CKernels
import Foundation
import Graph

/// A value of a row that is copied.
enum TransferValue: Sendable, Hashable {
  case null
  case text(String)
  case int(Int64)
  case bool(Bool)
  case id(UUID)
  case bytes(Data)
  case floats([Float])
}

/// A row in the form that all databases share: the values of ``TransferTable/columns``, in their order.
struct TransferRow: Sendable, Hashable {
  var values: [TransferValue]

  init(_ values: [TransferValue]) { self.values = values }

  func text(_ index: Int) throws -> String {
    guard case .text(let text) = values[index] else { throw StoredValues.unreadable("row") }
    return text
  }

  func int(_ index: Int) throws -> Int64 {
    guard case .int(let number) = values[index] else { throw StoredValues.unreadable("row") }
    return number
  }

  /// The row as bytes, from which it could be read again: two rows are equal exactly when these are.
  var canonical: [UInt8] {
    var bytes: [UInt8] = []
    func append(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    func append(_ tag: UInt8, _ content: some Collection<UInt8>) {
      bytes.append(tag)
      append(UInt64(content.count))
      bytes.append(contentsOf: content)
    }
    for value in values {
      switch value {
      case .null: bytes.append(0)
      case .text(let text): append(1, text.utf8)
      case .int(let number):
        bytes.append(2)
        append(number)
      case .bool(let flag): bytes.append(flag ? 4 : 3)
      case .id(let id):
        bytes.append(5)
        withUnsafeBytes(of: id.uuid) { bytes.append(contentsOf: $0) }
      case .bytes(let data): append(6, data)
      case .floats(let numbers): append(7, VectorBytes.data(numbers))
      }
    }
    return bytes
  }
}

/// What tells whether two tables hold the same rows.
struct TransferDigest: Sendable, Hashable {
  private(set) var rows = 0
  /// Of the rows in their canonical form.
  private(set) var bytes: Int64 = 0
  /// The sum of the rows' fingerprints: it does not depend on their order, unless that goes into each of them.
  private var sum: UInt64 = 0
  private let isOrdered: Bool

  init(of table: TransferTable) { isOrdered = table.isOrdered }

  mutating func add(_ row: TransferRow) {
    var canonical = row.canonical
    bytes += Int64(canonical.count)
    rows += 1
    if isOrdered { withUnsafeBytes(of: UInt64(rows).littleEndian) { canonical.append(contentsOf: $0) } }
    sum &+= rill_fingerprint(canonical, canonical.count)
  }
}
