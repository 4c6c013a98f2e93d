import Foundation
import Providers
import TestSupport
import Testing

@testable import App

/// The page and the headers around it.
@Suite struct PageTests {
  @Test("The shell is served for / and for any other address that a browser opens, never cached")
  func shell() async throws {
    try await withRill { rill in
      for path in ["/", "/c/11111111-1111-4111-8111-111111111111", "/index.html"] {
        let response = try await rill.client.send("GET", path, headers: ["accept": "text/html,*/*"])
        #expect(response.status == 200)
        #expect(response.body.contains("<title>Rill</title>"))
        #expect(response.headers["cache-control"] == "no-cache")
      }
      let api = try await rill.client.send("GET", "/c/x", headers: ["accept": "application/json"])
      #expect(api.status == 404)
      #expect(api.headers["content-type"] == "application/problem+json")
    }
  }

  @Test("Hashed assets are immutable for a year, compressed where the browser takes it, and revalidate")
  func assets() async throws {
    try await withRill { rill in
      let plain = try await rill.client.send("GET", "/assets/main-AB12.js")
      #expect(plain.body == "console.log(1)")
      #expect(plain.headers["cache-control"] == "public, max-age=31536000, immutable")
      #expect(plain.headers["vary"] == "accept-encoding")
      let gzip = try await rill.client.send(
        "GET", "/assets/main-AB12.js", headers: ["accept-encoding": "gzip, br;q=0"])
      #expect(gzip.headers["content-encoding"] == "gzip")
      #expect(gzip.headers["etag"] != plain.headers["etag"])
      let tag = try #require(plain.headers["etag"])
      let again = try await rill.client.send("GET", "/assets/main-AB12.js", headers: ["if-none-match": tag])
      #expect(again.status == 304)
      #expect(again.body.isEmpty)
      #expect(
        try await rill.client.send("GET", "/assets/gone.js", headers: ["accept": "text/html"]).status == 404)
    }
  }

  @Test(
    "Hidden files and paths outside the folder are not served",
    arguments: ["/.hidden", "/../Package.swift", "/%2e%2e/Package.swift"])
  func noOtherFiles(path: String) async throws {
    try await withRill { rill in
      let response = try await rill.client.send("GET", path)
      #expect(response.status == 404)
    }
  }

  @Test("Every response carries the security headers and the strict policy")
  func securityHeaders() async throws {
    try await withRill { rill in
      for path in ["/", "/health", "/nope"] {
        let headers = try await rill.client.send("GET", path).headers
        #expect(
          headers["content-security-policy"]?.hasPrefix("default-src 'none'; script-src 'self';") == true)
        #expect(headers["content-security-policy"]?.contains("unsafe") == false)
        #expect(headers["x-content-type-options"] == "nosniff")
        #expect(headers["referrer-policy"] == "no-referrer")
      }
    }
  }

  @Test("With an API token, calls need it; the page and /health do not")
  func apiToken() async throws {
    try await withRill(configure: { $0.apiToken = Secret("s3cret") }) { rill in
      #expect(try await rill.client.send("GET", "/").status == 200)
      #expect(try await rill.client.send("GET", "/health").status == 200)
      let address = "/c/\(UUID().wireString)"
      let page = try await rill.client.send("GET", address, headers: ["accept": "text/html"])
      #expect(page.status == 200)
      for headers in [[:], ["authorization": "Bearer wrong"], ["authorization": "s3cret"]] {
        let response = try await rill.client.send("GET", "/sessions", headers: headers)
        #expect(response.status == 401)
        #expect(response.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
        #expect(try response.decoded()["code"] as? String == "UNAUTHORIZED")
      }
      let allowed = try await rill.client.send(
        "GET", "/sessions", headers: ["authorization": "Bearer s3cret"])
      #expect(allowed.status == 200)
    }
  }

  @Test("Liveness, readiness and metrics")
  func health() async throws {
    try await withRill(script: { _, answer in try await answer.models(["scripted"]) }) { rill in
      #expect(try await rill.client.send("GET", "/health").decoded()["status"] as? String == "ok")
      // As an orchestrator does: a machine that is busy for seconds makes the model seem away, and that passes.
      try await eventually("ready") { try await rill.client.send("GET", "/ready").status == 200 }
      #expect(try await rill.client.send("GET", "/ready").decoded()["model"] as? String == "scripted")
      let metrics = try await rill.client.send("GET", "/metrics")
      #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      #expect(metrics.body.contains("# TYPE rill_runs_active gauge"))
    }
  }

  @Test("A model that cannot be reached makes the server not ready, and says so")
  func notReady() async throws {
    try await withRill(script: { _, answer in try await answer.respond(500) }) { rill in
      let ready = try await rill.client.send("GET", "/ready")
      #expect(ready.status == 503)
      let checks = try ready.decoded()["checks"] as? [String: [String: Any]]
      #expect(checks?["model"]?["ok"] as? Bool == false)
      #expect(checks?["store"]?["ok"] as? Bool == true)
    }
  }
}
