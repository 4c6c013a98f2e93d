import Postgres

/// Collects the parameters of a statement while its text is put together.
struct PostgresParameters {
  private(set) var values: [PostgresValue] = []

  /// - Returns: the parameter's name in the text, such as `$3`.
  mutating func add(_ value: PostgresValue) -> String {
    values.append(value)
    return "$\(values.count)"
  }
}
