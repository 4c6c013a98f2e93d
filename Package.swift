// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target. `make test` sets `RILL_STRICT`, which turns warnings into errors;
/// users' builds do not, so that a newer compiler's new warning never keeps anyone from starting Rill.
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (Context.environment["RILL_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// The numeric kernels are optimised in debug builds too: they are what the tests wait for.
let kernelSettings: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno"])]

let package = Package(
  name: "rill",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "rill", targets: ["App"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(
      url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: ["JSON", "YAML"]),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
    .systemLibrary(
      name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .target(name: "CKernels", cSettings: kernelSettings),
    .target(name: "CFullText", linkerSettings: [.linkedLibrary("sqlite3")]),
    .systemLibrary(
      name: "CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"]), .brew(["libxml2"])]),
    .systemLibrary(
      name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
    .target(
      name: "Graph",
      dependencies: [
        .product(name: "Logging", package: "swift-log"),
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: settings),
    .target(
      name: "Providers",
      dependencies: [
        "Graph", "CCurl", "CKernels",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: settings),
    .target(name: "CProcess"),
    .target(
      name: "Extraction", dependencies: ["Graph", "CProcess", "CXML2", "CZip"], swiftSettings: settings),
    .target(
      name: "Postgres",
      dependencies: [
        "CPostgres",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(
      name: "Storage",
      dependencies: [
        "Graph", "CFullText", "CKernels", "Postgres",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "App",
      dependencies: [
        "Graph", "Extraction", "Providers", "Postgres", "Storage", "CProcess",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOFoundationCompat", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings),
    // Measures searches; see benchmarks/search/run. Nothing that users build needs it.
    .executableTarget(
      name: "SearchBenchmark", dependencies: ["Graph", "Storage"], path: "benchmarks/search/Sources",
      swiftSettings: settings),
    .executableTarget(
      name: "EmbeddingBenchmark", dependencies: ["Graph", "Providers"], path: "benchmarks/embedding/Sources",
      swiftSettings: settings),
    // The least that Hummingbird takes for a stream; see benchmarks/run.
    .executableTarget(
      name: "HandlerBenchmark",
      dependencies: [
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      path: "benchmarks/handler/Sources", swiftSettings: settings),
    .executableTarget(
      name: "GraphBenchmark", dependencies: ["Graph"], path: "benchmarks/graph/Sources",
      swiftSettings: settings),
    .target(
      name: "TestSupport",
      dependencies: [
        "Graph", "Postgres",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "Tests/TestSupport",
      swiftSettings: settings),
    .testTarget(
      name: "GraphTests", dependencies: ["Graph", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "ExtractionTests", dependencies: ["Graph", "Extraction", "TestSupport"], exclude: ["Fixtures"],
      swiftSettings: settings),
    .testTarget(
      name: "ProvidersTests", dependencies: ["Providers", "CKernels", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "PostgresTests",
      dependencies: ["Postgres", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings),
    .testTarget(
      name: "StorageTests",
      dependencies: [
        "Storage", "Postgres", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    .testTarget(
      name: "AppTests",
      dependencies: [
        "App", "Graph", "Providers", "Postgres", "TestSupport", "CAllocations",
        .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
