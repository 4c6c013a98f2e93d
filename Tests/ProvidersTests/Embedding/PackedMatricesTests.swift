import Foundation
import Graph
import Testing

@testable import Providers

@Suite("Files of packed matrices")
struct PackedMatricesTests {
  /// Where a model stands, and where its matrices are kept.
  private struct Places {
    let model: URL
    let folder: URL

    var file: URL { folder.appending(path: PackedMatrices.fileName) }
    var weights: URL { model.appending(path: "model.safetensors") }
  }

  private func withModel(_ body: (Places) async throws -> Void) async throws {
    try await TinyModel.withFolder(TinyModel.whole) { url in
      try await body(
        Places(model: url, folder: url.deletingLastPathComponent().appending(path: "kept/matrices")))
    }
  }

  /// What the model says when it is started at these places. The one thread for bulk work keeps the matrices first.
  private func start(_ places: Places, keeps: Bool = true) async throws -> [Float] {
    let embedder = try BertEmbedder(
      folder: EmbeddingModelFolder(opening: places.model), threads: 1,
      packedFolder: keeps ? places.folder : nil)
    let vector = try await embedder.embed([EmbeddingInput("red redder")], for: .passage)[0].vector
    await embedder.close()
    return vector
  }

  /// Whether the next start would take the matrices from the file.
  private func isBelieved(_ places: Places) throws -> Bool {
    try EmbeddingModelFolder(opening: places.model).loadWeights(packedIn: places.folder).unsaved == nil
  }

  @Test("are written at the first start, private, and read at the next")
  func writtenAndRead() async throws {
    try await withModel { places in
      let expected = try await start(places, keeps: false)
      #expect(try await start(places) == expected)
      #expect(try FileManager.default.contentsOfDirectory(atPath: places.folder.path) == ["packed"])
      let attributes = try FileManager.default.attributesOfItem(atPath: places.file.path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(try await start(places) == expected)
      // It is what is read: with other matrices under the same name, the model says something else.
      let weights = try EmbeddingModelFolder(opening: places.model).loadWeights()
      let kept = PackedMatrices(
        folder: places.folder, file: try SafetensorsFile(contentsOf: places.weights),
        fingerprint: weights.fingerprint, configuration: weights.configuration)
      let matrices = try #require(kept.load())
      kept.save(matrices.map { FloatRegion(joining: [$0], scalingFirstBy: 2) })
      #expect(try isBelieved(places))
      #expect(try await start(places) != expected)
    }
  }

  @Test("may be cut off, damaged, of another format or not at all matrices")
  func damage() async throws {
    try await withModel { places in
      let expected = try await start(places)
      let good = try Data(contentsOf: places.file)
      let damages: [(inout Data) -> Void] = [
        { $0.removeLast(100) }, { $0 = Data() }, { $0 = Data(repeating: 65, count: 100) }, { $0.append(0) },
        // The format, the checksum, the kernel's panel, the width, the rest of the first page.
        { $0[7] ^= 1 }, { $0[8] ^= 1 }, { $0[24] ^= 1 }, { $0[32] ^= 1 }, { $0[4_000] ^= 1 },
        // A number at the beginning, in the middle, at the end.
        { $0[4_096] ^= 0x40 }, { $0[4_096 + 1_000] ^= 1 }, { $0[$0.count - 1] ^= 1 },
        { $0 = Data(count: $0.count) },
      ]
      for change in damages {
        var data = good
        change(&data)
        // Renamed into its place: a file that is mapped is never written to.
        try data.write(to: places.file, options: .atomic)
        #expect(try !isBelieved(places))
        #expect(try await start(places) == expected)
        // Whatever it was, it is whole again.
        #expect(try Data(contentsOf: places.file) == good)
      }
    }
  }

  @Test("of another model are not believed, also when it was put into the place of this one")
  func otherModel() async throws {
    try await withModel { places in
      let first = try await start(places)
      let other = TinyModel.weights(seed: 4)
      #expect(other.count == TinyModel.weights().count)
      try other.write(to: places.weights, options: .atomic)
      #expect(try !isBelieved(places))
      let second = try await start(places)
      #expect(second != first)
      #expect(try await start(places, keeps: false) == second)
      #expect(try isBelieved(places))
    }
  }

  @Test("of a model that was changed in its place are not believed, whatever its date says")
  func changedInPlace() async throws {
    try await withModel { places in
      let date = Date(timeIntervalSince1970: 1_700_000_000)
      try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: places.weights.path)
      let first = try await start(places)
      #expect(try isBelieved(places))
      let original = try SafetensorsFile(contentsOf: places.weights)
      let before = original.changes
      // The end of a matrix: the fingerprint looks at its beginning.
      var data = try Data(contentsOf: places.weights)
      let tensor = try original.tensor("encoder.layer.0.output.dense.weight", shape: [8, 12])
      data[tensor.bytes.upperBound - 1] ^= 0x80
      var after = before
      // Some systems count time in steps of milliseconds.
      while after == before {
        let file = try FileHandle(forWritingTo: places.weights)
        try file.write(contentsOf: data)
        try file.close()
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: places.weights.path)
        after = try SafetensorsFile(contentsOf: places.weights).changes
      }
      #expect(after.prefix(2) == before.prefix(2))
      #expect(try !isBelieved(places))
      let second = try await start(places)
      #expect(second != first)
      #expect(try await start(places, keeps: false) == second)
    }
  }

  @Test("for another kernel are not believed")
  func otherKernel() async throws {
    try await withModel { places in
      _ = try await start(places)
      let folder = try EmbeddingModelFolder(opening: places.model)
      let weights = try folder.loadWeights()
      let file = try SafetensorsFile(contentsOf: places.weights)
      let kept = PackedMatrices(
        folder: places.folder, file: file, fingerprint: weights.fingerprint,
        configuration: weights.configuration)
      #expect(PackedMatrixFile(url: places.file, identity: kept.identity, counts: kept.counts) != nil)
      let source = [UInt64(file.byteCount), UInt64(weights.fingerprint, radix: 16) ?? 0] + file.changes
      let other = PackedMatrixFile.Identity(panel: 3, configuration: weights.configuration, source: source)
      #expect(PackedMatrixFile(url: places.file, identity: other, counts: kept.counts) == nil)
    }
  }

  @Test("that cannot be written change nothing but the time of a start")
  func unwritable() async throws {
    try await withModel { places in
      let expected = try await start(places, keeps: false)
      try FileManager.default.createDirectory(
        at: places.folder.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: places.folder)
      #expect(try await start(places) == expected)
      try FileManager.default.removeItem(at: places.folder)
      // A folder in the file's place: it is written under another name, and cannot be renamed.
      try FileManager.default.createDirectory(
        at: places.file.appending(path: "full"), withIntermediateDirectories: true)
      #expect(try await start(places) == expected)
      #expect(try FileManager.default.contentsOfDirectory(atPath: places.folder.path) == ["packed"])
    }
  }

  @Test("may be deleted while they are used; what a start has left unfinished goes")
  func deletedInUse() async throws {
    try await withModel { places in
      let expected = try await start(places)
      let embedder = try BertEmbedder(
        folder: EmbeddingModelFolder(opening: places.model), threads: 1, packedFolder: places.folder)
      try FileManager.default.removeItem(at: places.file)
      #expect(try await embedder.embed([EmbeddingInput("red redder")], for: .query)[0].vector == expected)
      await embedder.close()
      try Data([1]).write(to: places.folder.appending(path: "packed.1.new"))
      #expect(try await start(places) == expected)
      #expect(try FileManager.default.contentsOfDirectory(atPath: places.folder.path) == ["packed"])
    }
  }
}
