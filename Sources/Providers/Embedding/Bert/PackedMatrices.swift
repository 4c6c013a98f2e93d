internal import CKernels
import Foundation

/// Where a model's packed matrices are kept from one start to the next. Whatever goes wrong here costs the time of packing
/// them, never a result: the model's own file has it all.
struct PackedMatrices: Sendable {
  /// Of files that may be deleted at any time. There is one, of the model that was used last.
  let folder: URL
  let identity: PackedMatrixFile.Identity
  /// How many numbers each matrix has.
  let counts: [Int]

  static let fileName = "packed"

  init(folder: URL, file: SafetensorsFile, fingerprint: String, configuration: BertConfiguration) {
    self.folder = folder
    // A file that is changed in place has another time of change, which no program can set back.
    identity = PackedMatrixFile.Identity(
      configuration: configuration,
      source: [UInt64(file.byteCount), UInt64(fingerprint, radix: 16) ?? 0] + file.changes)
    let (width, inner) = (configuration.width, configuration.innerWidth)
    let layer = [(3 * width, width), (width, width), (inner, width), (width, inner)].map {
      rill_matrix_packed_count($0.0, $0.1)
    }
    counts = (0..<configuration.layers).flatMap { _ in layer }
  }

  private var url: URL { folder.appending(path: Self.fileName) }

  /// - Returns: `nil` when they have to be packed.
  func load() -> [FloatRegion]? {
    PackedMatrixFile(url: url, identity: identity, counts: counts)?.matrices
  }

  func save(_ matrices: [FloatRegion]) {
    try? FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    removeUnfinished()
    // A full disk, say: the next start packs them again.
    try? PackedMatrixFile.write(matrices, identity: identity, to: url)
  }

  /// What a process has left that ended in the middle. One that is writing just now fails to rename its file, no more.
  private func removeUnfinished() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(Self.fileName) && name.hasSuffix(".new") {
      try? FileManager.default.removeItem(at: folder.appending(path: name))
    }
  }
}
