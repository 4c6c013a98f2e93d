import ArgumentParser

struct IngestCommand: AsyncParsableCommand {
  func run() async throws {}
}
