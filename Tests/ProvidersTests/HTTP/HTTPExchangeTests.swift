import Synchronization
import TestSupport
import Testing

@testable import Providers

@Suite("HTTP exchange: back-pressure", .timeLimit(.minutes(1)))
struct HTTPExchangeTests {
  /// Hands on how long each piece was, and checks that the bytes count up.
  struct LengthDecoder: ResponseDecoder {
    var isComplete: Bool { false }
    var position = 0

    mutating func receive(_ head: HTTPResponseHead, into batch: inout [Int]) {}

    mutating func receive(_ bytes: UnsafeRawBufferPointer, into batch: inout [Int]) throws {
      for byte in bytes {
        guard byte == UInt8(truncatingIfNeeded: position) else { throw UnexpectedSuccess() }
        position += 1
      }
      batch.append(bytes.count)
    }

    mutating func finish(_ error: HTTPTransportError?, into batch: inout [Int]) throws {
      if let error { throw error }
    }
  }

  @Test("a reader that lags stops the connection; what waits for it is bounded, and nothing is lost")
  func slowReader() async throws {
    let total = 4 << 20
    try await withScriptedUpstream { _, answer in
      try await answer.head()
      for start in stride(from: 0, to: total, by: 1 << 16) {
        try await answer.send((start..<start + 1 << 16).map { UInt8(truncatingIfNeeded: $0) })
      }
      try await answer.finish()
    } run: { upstream in
      try await withTransport(.init(highWaterMark: 50_000)) { transport in
        let request = HTTPRequest(url: upstream.baseURL)
        let received = try await transport.withExchange(request, decoder: LengthDecoder()) { exchange in
          var received = 0
          while received < total / 2 {
            while !exchange.isPaused { await Task.yield() }
            let waiting = try await exchange.next()?.reduce(0, +) ?? 0
            // The mark, and one buffer of libcurl.
            #expect(waiting >= 50_000 && waiting <= 50_000 + 16_384)
            received += waiting
          }
          while let batch = try await exchange.next() { received += batch.reduce(0, +) }
          return received
        }
        #expect(received == total)
      }
    }
  }

  @Test(
    "what is taken on the thread wakes no task; what is left to the task comes to it in order, and all that follows"
  )
  func offers() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.head()
      for start in 0..<200 { try await answer.send([UInt8(start)]) }
      try await answer.finish()
    } run: { upstream in
      try await withTransport { transport in
        let taken = Mutex(0)
        let request = HTTPRequest(url: upstream.baseURL)
        let left = try await transport.withExchange(
          request, decoder: LengthDecoder(),
          offer: { length in
            taken.withLock { taken in
              guard taken < 50 else { return false }
              taken += length
              return true
            }
          }
        ) { exchange in
          var left = 0
          while let batch = try await exchange.next() {
            #expect(taken.withLock { $0 } >= 50, "what was offered came first")
            left += batch.reduce(0, +)
          }
          return left
        }
        #expect(taken.withLock { $0 } + left == 200)
        #expect(left > 0)
      }
    }
  }

  @Test("what is thrown where an element is taken ends the exchange, and its connection")
  func offerThrows() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.head()
      while true { try await answer.send([0]) }
    } run: { upstream in
      try await withTransport { transport in
        await #expect(throws: UnexpectedSuccess.self) {
          try await transport.withExchange(
            HTTPRequest(url: upstream.baseURL), decoder: DiscardingDecoder(),
            offer: { _ in throw UnexpectedSuccess() }
          ) { exchange in
            while try await exchange.next() != nil {}
          }
        }
        _ = try await upstream.request().connection.closed()
      }
    }
  }

  @Test("a paused exchange is cancelled as promptly as any other")
  func cancelWhilePaused() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.head()
      while true { try await answer.send([UInt8](repeating: 0, count: 1 << 16)) }
    } run: { upstream in
      try await withTransport(.init(highWaterMark: 1000)) { transport in
        struct Enough: Error {}
        await #expect(throws: Enough.self) {
          let request = HTTPRequest(url: upstream.baseURL)
          try await transport.withExchange(request, decoder: DiscardingDecoder()) { exchange in
            while !exchange.isPaused { await Task.yield() }
            throw Enough()
          }
        }
        _ = try await upstream.request().connection.closed()
      }
    }
  }

  struct DiscardingDecoder: ResponseDecoder {
    var isComplete: Bool { false }
    mutating func receive(_ head: HTTPResponseHead, into batch: inout [Int]) {}
    mutating func receive(_ bytes: UnsafeRawBufferPointer, into batch: inout [Int]) {
      batch.append(bytes.count)
    }
    mutating func finish(_ error: HTTPTransportError?, into batch: inout [Int]) {}
  }
}
