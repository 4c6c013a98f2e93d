import Foundation
import TestSupport
import Testing

@testable import Providers

@Suite("Safetensors files")
struct SafetensorsFileTests {
  private static let header =
    #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#
    + #""b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},"c":{"dtype":"I64","shape":[],"data_offsets":[12,20]}}"#

  private func bytes(header: String, data: Int = 20, length: UInt64? = nil) -> [UInt8] {
    withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Array($0) } + Array(header.utf8)
      + (0..<data).map { UInt8($0) }
  }

  private func withFile<Result>(_ bytes: [UInt8], _ body: (URL) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).safetensors")
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url)
  }

  @Test("tells where each tensor stands")
  func reads() throws {
    try withFile(bytes(header: Self.header)) { url in
      let file = try SafetensorsFile(contentsOf: url)
      let tensor = try file.tensor("a", shape: [2, 1])
      #expect(Array(file.contents[tensor.bytes]) == Array(0..<8))
      #expect(Array(file.contents[try file.tensor("b", shape: [2]).bytes]) == Array(8..<12))
      #expect(file.tensors["c"] == nil, "no weights are whole numbers")
      #expect(throws: SafetensorsFile.Damage.self) { try file.tensor("a", shape: [1, 2]) }
      #expect(throws: SafetensorsFile.Damage.self) { try file.tensor("d", shape: [2]) }
    }
  }

  @Test(
    "a header that lies is an error",
    arguments: [
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,800]}}"#, "cut off"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "cut off"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, "not JSON"),
      (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "does not fit"),
      (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, "impossible"),
      (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0]}}"#, "not JSON"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, "cut off"),
      (#"{"a":7}"#, "not JSON"), (#"{"a":"#, "not JSON"), ("[]", "not JSON"), (#"{} {}"#, "not JSON"),
    ])
  func lies(header: String, reason: String) throws {
    try withFile(bytes(header: header)) { url in
      let damage = #expect(throws: SafetensorsFile.Damage.self) { try SafetensorsFile(contentsOf: url) }
      #expect(damage?.description.contains(reason) == true, "\(damage?.description ?? "")")
    }
  }

  @Test("a file that is cut off anywhere is an error, or lacks nothing")
  func truncation() throws {
    let whole = bytes(header: Self.header)
    for count in 0..<whole.count {
      try withFile(Array(whole.prefix(count))) { url in
        _ = #expect(throws: SafetensorsFile.Damage.self, "\(count) bytes") {
          let file = try SafetensorsFile(contentsOf: url)
          _ = try file.tensor("b", shape: [2])
          // Only the last tensor, which is not read, is cut.
          if count >= whole.count - 8 { throw SafetensorsFile.Damage("fits") }
        }
      }
    }
  }

  @Test(
    "a length beyond the file, or beyond all numbers, is an error", arguments: [200, UInt64(1) << 62, .max])
  func length(_ length: UInt64) throws {
    try withFile(bytes(header: "{}", length: length)) { url in
      _ = #expect(throws: SafetensorsFile.Damage.self) { try SafetensorsFile(contentsOf: url) }
    }
  }

  @Test("no file with changed bytes stops the reader")
  func fuzz() throws {
    var random = SeededGenerator(seed: 5)
    let whole = bytes(header: Self.header)
    for _ in 0..<1000 {
      var changed = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        changed[Int.random(in: changed.indices, using: &random)] = .random(in: .min ... .max, using: &random)
      }
      try withFile(changed) { url in
        guard let file = try? SafetensorsFile(contentsOf: url) else { return }
        for tensor in file.tensors.values { _ = file.contents[tensor.bytes].reduce(0, &+) }
      }
    }
  }
}
