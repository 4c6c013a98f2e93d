internal import CCurl
import Foundation

/// One transfer of libcurl with everything that its callbacks touch. Used on the transport's thread only.
final class Transfer {
  let id: TransferID
  let easy: UnsafeMutableRawPointer
  private let receiver: any TransferReceiver
  private let wakeups: WakeupBatch
  private var unsentBody: ArraySlice<UInt8>
  private var hasSentBody = false
  private var headers: UnsafeMutablePointer<curl_slist>?
  private let errorBuffer: UnsafeMutablePointer<CChar>
  private var head: HTTPResponseHead?
  private var isHeadDelivered = false
  /// Whether a connection was not opened because of its address.
  fileprivate var hasRefusedAddress = false

  /// - Throws: ``HTTPTransportError`` when libcurl does not take the request.
  init(
    id: TransferID, request: HTTPRequest, receiver: any TransferReceiver, wakeups: WakeupBatch,
    connectTimeout: Duration
  ) throws {
    guard let easy = curl_easy_init() else {
      throw HTTPTransportError(kind: .closed, detail: "no memory for a transfer")
    }
    self.id = id
    self.easy = easy
    self.receiver = receiver
    self.wakeups = wakeups
    unsentBody = ArraySlice(request.body ?? [])
    errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try configure(request, connectTimeout: connectTimeout)
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headers)
    errorBuffer.deallocate()
  }

  private func configure(_ request: HTTPRequest, connectTimeout: Duration) throws {
    // Without this, libcurl would wait for "100 Continue" before a long body.
    for line in request.headers.map({ "\($0.name): \($0.value)" }) + ["Expect:"] {
      guard !line.utf8.contains(where: { $0 < 0x20 }), let longer = curl_slist_append(headers, line) else {
        throw HTTPTransportError(kind: .invalidRequest, detail: "a header holds a control character")
      }
      headers = longer
    }
    let context = Unmanaged.passUnretained(self).toOpaque()
    var codes = [
      rill_easy_set_common(easy),
      rill_easy_set_url(easy, request.url),
      rill_easy_set_headers(easy, headers),
      rill_easy_set_private(easy, context),
      rill_easy_set_error_buffer(easy, errorBuffer),
      rill_easy_set_header(easy, receiveHeader, context),
      rill_easy_set_write(easy, receiveBody, context),
      rill_easy_set_connect_timeout(easy, connectTimeout.curlMilliseconds),
      rill_easy_set_timeout(easy, request.timeout?.curlMilliseconds ?? 0),
    ]
    if request.body != nil {
      codes.append(rill_easy_set_post(easy, curl_off_t(unsentBody.count), sendBody, seekBody, context))
    }
    if LoopbackAddress.isHost(of: request.url) || request.reachesPublicAddressesOnly {
      codes.append(rill_easy_set_proxy(easy, ""))
    }
    if request.reachesPublicAddressesOnly {
      codes.append(rill_easy_set_socket_guard(easy, openPublicSocket, context))
    }
    if let code = codes.first(where: { $0 != CURLE_OK }) {
      throw HTTPTransportError(kind: .invalidRequest, detail: String(cString: curl_easy_strerror(code)))
    }
  }

  /// Tells the receiver that the handle is no longer driven.
  func end(_ error: HTTPTransportError?) {
    receiver.end(error, waking: wakeups)
  }

  /// What libcurl's result means. Its text may hold the host's name, so it is for the log only.
  func error(for code: CURLcode) -> HTTPTransportError? {
    guard code != CURLE_OK else { return nil }
    let text = String(cString: errorBuffer)
    if hasRefusedAddress, code == CURLE_COULDNT_CONNECT {
      return HTTPTransportError(kind: .refusedAddress, detail: text)
    }
    return HTTPTransportError(
      kind: HTTPTransportError.Kind(code),
      detail: text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
  }

  // MARK: Callbacks

  fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    switch receiver.receive(bytes, waking: wakeups) {
    case .taken: bytes.count
    case .pause: rill_write_pause()
    // libcurl ends a transfer whose bytes were not all taken.
    case .abandon: 0
    }
  }

  fileprivate func receiveHeaderLine(_ line: UnsafeRawBufferPointer) -> Bool {
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      let status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0.prefix(3)) }
      head = HTTPResponseHead(status: status ?? 0)
      return true
    }
    // Trailers come after the body and hold nothing of interest.
    guard !isHeadDelivered, var head else { return true }
    if text.allSatisfy(\.isNewline) {
      guard head.status >= 200 else { return true }
      isHeadDelivered = true
      return receiver.receive(head, waking: wakeups) == .taken
    }
    guard let colon = text.firstIndex(of: ":") else { return true }
    let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    head.headers.append((text[..<colon].lowercased(), String(value.trimmingSuffix { $0.isWhitespace })))
    self.head = head
    return true
  }

  fileprivate func send(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let piece = unsentBody.prefix(buffer.count)
    buffer.copyBytes(from: piece)
    unsentBody.removeFirst(piece.count)
    hasSentBody = hasSentBody || !piece.isEmpty
    // A prompt is long and its answer takes a while: what was sent is not kept.
    if unsentBody.isEmpty { unsentBody = [] }
    return piece.count
  }

  /// libcurl sends a request again by itself when a reused connection ends before the response. The upstream
  /// may have begun to work on it, and an answer must not be paid for twice: once a byte of the body is out,
  /// there is no way back.
  fileprivate func canSeek(to offset: Int) -> Bool {
    !hasSentBody && offset == 0
  }
}

private let receiveBody: curl_write_callback = { buffer, size, count, context in
  guard let buffer, let context else { return 0 }
  return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    .receive(UnsafeRawBufferPointer(start: buffer, count: size * count))
}

/// The address is the one that will be connected to, after every look-up: a name cannot be made to mean another one later.
private let openPublicSocket: curl_opensocket_callback = { context, _, address in
  guard let context, let address else { return rill_socket_bad() }
  guard NetworkAddress(address: address)?.isPublic == true else {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().hasRefusedAddress = true
    return rill_socket_bad()
  }
  return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
}

extension NetworkAddress {
  fileprivate init?(address: UnsafeMutablePointer<curl_sockaddr>) {
    let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
    self.init(
      UnsafeRawBufferPointer(
        start: UnsafeRawPointer(address) + offset, count: Int(address.pointee.addrlen)))
  }
}

private let receiveHeader: curl_write_callback = { buffer, size, count, context in
  guard let buffer, let context else { return 0 }
  let isTaken = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    .receiveHeaderLine(UnsafeRawBufferPointer(start: buffer, count: size * count))
  return isTaken ? size * count : 0
}

private let sendBody: curl_read_callback = { buffer, size, count, context in
  guard let buffer, let context else { return rill_read_abort() }
  return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    .send(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

private let seekBody: curl_seek_callback = { context, offset, origin in
  guard let context else { return CURL_SEEKFUNC_FAIL }
  let canSeek = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().canSeek(to: Int(offset))
  return canSeek ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

extension HTTPTransportError.Kind {
  fileprivate init(_ code: CURLcode) {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .unresolved
    case CURLE_COULDNT_CONNECT: self = .unreachable
    case CURLE_OPERATION_TIMEDOUT: self = .timedOut
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_INVALIDCERTSTATUS:
      self = .insecure
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self = .invalidRequest
    default: self = .brokenOff
    }
  }
}

extension Duration {
  /// At least one millisecond, because libcurl takes 0 for "no limit".
  fileprivate var curlMilliseconds: Int {
    let (seconds, attoseconds) = components
    return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var result = self
    while let last = result.last, predicate(last) { result.removeLast() }
    return result
  }
}
