/// How a database reads the rows of a table in their order, a few at a time.
struct TransferSelect: Sendable {
  /// Tables and joins; `t` is the one that the rows are of.
  var from: String
  /// What the rows are sorted by, as SQL: unique, and the beginning of an index.
  var key: [TransferColumn]
  var condition: String?
  /// SQL of columns that are not simply those of `t`.
  var expressions: [String: String] = [:]

  init(
    _ from: String, key: [TransferColumn], where condition: String? = nil,
    _ expressions: [String: String] = [:]
  ) {
    self.from = from
    self.key = key
    self.condition = condition
    self.expressions = expressions
  }

  /// A statement whose rows are the key and then the columns.
  /// - Parameters:
  ///   - parameter: how the database writes the parameter with a number from 1.
  ///   - continues: whether the parameters are the key after which the rows begin.
  func sql(_ table: TransferTable, continues: Bool, parameter: (Int) -> String) -> String {
    let names = key.map(\.name)
    let columns = names + table.columns.map { expressions[$0.name] ?? "t.\($0.name)" }
    var conditions = [condition].compactMap(\.self)
    if continues {
      let parameters = names.indices.map { parameter($0 + 1) }
      conditions.append("(\(names.joined(separator: ", "))) > (\(parameters.joined(separator: ", ")))")
    }
    let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    return """
      SELECT \(columns.joined(separator: ", ")) FROM \(from) \(filter)
      ORDER BY \(names.joined(separator: ", ")) LIMIT \(table.batchSize)
      """
  }

  /// Makes a page of rows that hold the key and then the columns.
  func page(_ table: TransferTable, _ rows: [[TransferValue]]) -> TransferPage {
    TransferPage(
      rows: rows.map { TransferRow(Array($0.dropFirst(key.count))) },
      end: rows.count < table.batchSize ? nil : rows.last.map { Array($0.prefix(key.count)) })
  }
}
