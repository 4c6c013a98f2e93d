import Foundation

/// The folder of ``VectorFile``s. Whatever goes wrong here costs time, never a result: the database has it all.
struct VectorFolder: Sendable {
  let url: URL

  struct File {
    let url: URL
    let model: Int64
    /// The number of its first vector.
    let first: Int64
  }

  /// The files of a model, by their first vectors.
  func files(model: Int64) -> [File] {
    all().filter { $0.model == model }.sorted { $0.first < $1.first }
  }

  func remove(_ file: File) { try? FileManager.default.removeItem(at: file.url) }

  func removeFiles(model: Int64) { files(model: model).forEach(remove) }

  func keep(models: Set<Int64>) {
    for file in all() where !models.contains(file.model) { remove(file) }
  }

  /// Writes the blocks that will not grow any more and are not in files yet.
  func write(_ table: inout VectorTable, model: Int64) {
    for (index, block) in table.blocks.enumerated() {
      guard case .memory = block.values, let first = block.sequences.first, block.isFull else { continue }
      let file = url.appendingPathComponent("\(model)-\(first).vectors")
      do {
        try FileManager.default.createDirectory(
          at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try VectorFile.write(block, to: file)
      } catch {
        // A full disk, say. The vectors stay in memory, and the next start reads them from the database.
        return
      }
      if let written = VectorFile(url: file) { table.move(block: index, to: written) }
    }
  }

  private func all() -> [File] {
    let urls = (try? FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)) ?? []
    return urls.compactMap { url in
      guard url.pathExtension == "vectors" else { return nil }
      let numbers = url.deletingPathExtension().lastPathComponent.split(separator: "-").map { Int64($0) }
      guard numbers.count == 2, let model = numbers[0], let first = numbers[1] else { return nil }
      return File(url: url, model: model, first: first)
    }
  }
}
