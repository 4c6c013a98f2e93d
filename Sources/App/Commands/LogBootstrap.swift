import Logging

/// Sends logs to standard error, so that standard output holds only what scripts read.
enum LogBootstrap {
  static func start(level: Logger.Level) -> Logger {
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = level
      return handler
    }
    var logger = Logger(label: "rill")
    logger.logLevel = level
    return logger
  }
}
