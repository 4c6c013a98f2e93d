import NIOCore

@testable import App

extension RunReader {
  /// Waits for what follows the reader's position, as a connection gets it; `nil` at the end.
  func nextFrames() async -> ByteBuffer? {
    let news = NewsSignal()
    follow(with: news)
    defer { unfollow() }
    while true {
      let seen = news.signal.generation
      switch read() {
      case .frames(let frames, _): return frames.bytes
      case .pending: await news.signal.wait(past: seen)
      case .ended: return await nextStored()
      }
    }
  }
}

extension EventFrames {
  /// The frames alone, as a client has them when it has read the chunk.
  var bytes: ByteBuffer {
    var buffer = httpChunk
    buffer.moveReaderIndex(forwardBy: buffer.readableBytes - byteCount - 2)
    return buffer.readSlice(length: byteCount) ?? ByteBuffer()
  }
}

private final class NewsSignal: RunLogObserver {
  let signal = Signal()
  func logChanged() { signal.raise() }
  func timePassed(_ now: Duration) {}
}
