import Foundation
import Synchronization

/// The vectors of the models that are searched, in memory.
///
/// The database is what counts: before each search the index takes over what has changed there, whoever changed it.
final class VectorIndex: Sendable {
  /// Reads vectors from the database within one transaction.
  protocol Source {
    /// All vectors of the model, by their rising numbers.
    func entries() throws -> [VectorEntry]
    /// The numbers alone.
    func sequences() throws -> [Int64]
    /// Vectors with numbers in the range, in order.
    func vectors(
      _ range: ClosedRange<Int64>, _ body: (VectorEntry, UnsafeBufferPointer<Float>) throws -> Void) throws
  }

  /// What the database says of a model.
  struct Model: Hashable {
    var sequence: Int64
    var dimension: Int
    var version: Int64
    var removals: Int64
  }

  private let files: VectorFolder?
  private let limits: VectorIndexLimits
  private let tables = Mutex<[Int64: VectorTable]>([:])

  /// - Parameter folder: for the files that a start reads instead of the database; `nil` keeps everything in memory.
  init(folder: URL?, limits: VectorIndexLimits = VectorIndexLimits()) {
    files = folder.map(VectorFolder.init(url:))
    self.limits = limits
  }

  /// The vectors of a model as the source has them, or as a later reader has seen them.
  ///
  /// Blocks while another thread reads the same changes.
  func table(of model: Model, source: some Source) throws -> VectorTable {
    try tables.withLock { tables in
      if let known = tables[model.sequence], known.version >= model.version { return known }
      // Taken out of the dictionary, so that changing it copies nothing. After an error it is loaded anew.
      guard var table = tables.removeValue(forKey: model.sequence) else {
        let table = try load(model, source)
        tables[model.sequence] = table
        return table
      }
      try update(&table, model, source)
      tables[model.sequence] = table
      return table
    }
  }

  /// Forgets every model but these.
  func keep(models: Set<Int64>) {
    tables.withLock { tables in tables = tables.filter { models.contains($0.key) } }
    files?.keep(models: models)
  }

  private func load(_ model: Model, _ source: some Source) throws -> VectorTable {
    var table = VectorTable(dimension: model.dimension, limits: limits)
    let entries = try source.entries()
    var loader = VectorLoader(table: table, entries: entries)
    for file in files?.files(model: model.sequence) ?? [] {
      guard let vectors = VectorFile(url: file.url), try loader.add(vectors, source) else {
        files?.remove(file)
        continue
      }
    }
    table = try loader.finish(source)
    finish(&table, model)
    return table
  }

  private func update(_ table: inout VectorTable, _ model: Model, _ source: some Source) throws {
    if table.removals != model.removals { table.keep(only: try source.sequences()) }
    try source.vectors((table.lastSequence + 1)...Int64.max) { entry, vector in
      table.append(sequence: entry.sequence, document: entry.document, vector: vector)
    }
    finish(&table, model)
  }

  private func finish(_ table: inout VectorTable, _ model: Model) {
    table.version = model.version
    table.removals = model.removals
    if table.isSparse {
      table = table.compacted()
      files?.removeFiles(model: model.sequence)
    }
    table.makeCodesIfLarge()
    files?.write(&table, model: model.sequence)
  }
}

/// What the database knows of a vector beside its components.
struct VectorEntry: Hashable {
  var sequence: Int64
  var document: Int64
  /// See ``VectorBytes/fingerprint(_:)``.
  var fingerprint: Int64
}
