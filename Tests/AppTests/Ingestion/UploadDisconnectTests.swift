import Foundation
import Graph
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import App

/// Clients that leave in the middle of an upload.
@Suite(.timeLimit(.minutes(3))) struct UploadDisconnectTests {
  @Test("Hundreds of uploads that break off anywhere leave no file, no document and a server that works")
  func random() async throws {
    try await withRill { rill in
      let files = (0..<3).map {
        (name: "f\($0).md", content: [UInt8](repeating: 0x61 + UInt8($0), count: 40_000))
      }
      let body = HTTPTestClient.form(files)
      let head = """
        POST /documents HTTP/1.1\r\nhost: x\r\ncontent-length: \(body.count)\r\n\
        content-type: multipart/form-data; boundary=\(HTTPTestClient.boundary)\r\n\r\n
        """
      var generator = SeededGenerator(seed: 7)
      let cuts = (0..<300).map { _ in Int.random(in: 0..<body.count, using: &generator) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, cut) in cuts.enumerated() {
          if index >= 16 { try await group.next() }
          group.addTask {
            let bytes = Array(head.utf8) + body[..<cut]
            try await Self.sendAndLeave(bytes, port: rill.client.port, hard: index % 2 == 0)
          }
        }
        try await group.waitForAll()
      }
      let answer = try await rill.client.upload("after.md", "After all of them.")
      #expect(answer.documents.count == 1)
      let id = try #require(answer.documents.first?.id)
      #expect(try await rill.client.follow(id).last?.status == "ready")
      // The last of them may still be noticing.
      try await eventually { try rill.leftovers().isEmpty }
      #expect(try await rill.client.documents().map(\.source) == ["after.md"])
      #expect(try rill.originals().count == 1)
    }
  }

  /// Sends the beginning of a request and closes, with a reset when `hard`.
  private static func sendAndLeave(_ bytes: [UInt8], port: Int, hard: Bool) async throws {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port).get()
    if hard {
      try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    }
    try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    try? await channel.close()
  }
}
