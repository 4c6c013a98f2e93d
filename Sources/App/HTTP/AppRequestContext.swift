import Hummingbird
import Logging
import NIOCore

/// What Rill's handlers know of a request besides the request.
struct AppRequestContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  /// Bodies are small JSON objects: 8,000 characters, each escaped to 12 bytes at the worst, and some keys.
  static let maxBodySize = 128 * 1_024

  /// Whom the limit of each client counts: the address at the other end of the connection.
  var clientAddress: String? { channel.remoteAddress?.ipAddress }

  var maxUploadSize: Int { Self.maxBodySize }
}
