import NIOPosix

/// Threads for long work on files that somebody waits for: unpacking archives, and drawing pages, which costs a process
/// each. Their number is the bound of both; the threads that everything else uses stay free.
enum DocumentThreads {
  static let shared: NIOThreadPool = {
    let pool = NIOThreadPool(numberOfThreads: 2)
    pool.start()
    return pool
  }()
}
