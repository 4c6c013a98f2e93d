import Foundation
import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("Chunks of a chat completion")
struct ChatChunkTests {
  @Test(
    "text is found wherever servers put it",
    arguments: [
      (#"{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}"#, "Hi"),
      (#"{"id":"x","choices":[{"delta":{"role":"assistant","content":""}}]}"#, ""),
      (#"{"choices":[{"delta":{"role":"assistant","content":null,"reasoning_content":"hm"}}]}"#, ""),
      (#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{}"}}],"content":"a"}}]}"#, "a"),
      (#"{"choices":[{"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}]}"#, "whole"),
      (#"{"choices":[],"usage":null}"#, ""),
      (#"{"choices":null}"#, ""),
      (#"{}"#, ""),
      (" {\n\t\"choices\" : [ { \"delta\" : { \"content\" : \"s\" } } ] } \r\n", "s"),
      (#"{"choices":[{"delta":{"content":"\"\\\/\b\f\n\r\té🙂\ud83d\ude42"}}]}"#, "\"\\/\u{8}\u{c}\n\r\té🙂🙂"),
      (#"{"choices":[{"delta":{"content":"\ud83d!\ude42\ud83d"}}]}"#, "\u{FFFD}!\u{FFFD}\u{FFFD}"),
      (#"{"choices":[{"delta":{"content":"one"}},{"delta":{"content":"two"}}]}"#, "one"),
    ])
  func text(json: String, expected: String) throws {
    #expect(try chunk(json).text == expected)
  }

  @Test("usage and finish reasons")
  func ends() throws {
    let usage = try chunk(
      #"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12}}"#)
    #expect(usage.usage == TokenUsage(promptTokens: 3, completionTokens: 9))
    for (reason, expected) in [
      ("stop", FinishReason.stop), ("length", .length), ("content_filter", .contentFilter),
      ("tool_calls", .stop),
      ("eos", .stop),
    ] {
      #expect(try chunk(#"{"choices":[{"delta":{},"finish_reason":"\#(reason)"}]}"#).finishReason == expected)
    }
    #expect(try chunk(#"{"choices":[{"delta":{},"finish_reason":null}]}"#).finishReason == nil)
  }

  @Test("errors in the shapes of OpenAI, Ollama, OpenRouter, llama.cpp and vLLM")
  func errors() throws {
    #expect(try chunk(#"{"error":{"message":"m","type":"t","code":"c"}}"#).error?.code == "c")
    #expect(try chunk(#"{"error":"no such model"}"#).error?.message == "no such model")
    #expect(try chunk(#"{"error":{"code":429,"message":"slow"},"choices":[]}"#).error?.status == 429)
    #expect(try chunk(#"{"object":"error","message":"bad","code":400}"#).error?.status == 400)
    #expect(try chunk(#"{"error":null,"choices":[]}"#).error == nil)
    #expect(try chunk(#"{"object":"chat.completion.chunk","choices":[]}"#).error == nil)
  }

  @Test(
    "what is not one JSON object is refused",
    arguments: [
      "", "{", "[]", "null", "nonsense", #"{"a":}"#, #"{"a":1,}"#, #"{"a":1}{}"#, #"{"a":tru}"#, #"{"a" 1}"#,
      #"{"choices":[{"delta":{"content":"cut of"#, #"{"choices":[{"delta":{"content":"\x"}}]}"#,
      #"{"choices":[{"delta":{"content":"\u12"}}]}"#, #"{"a":"\"#,
      String(repeating: "[", count: 100_000), #"{"a":"# + String(repeating: "[", count: 100_000),
    ])
  func malformed(json: String) {
    #expect(throws: JSONCursorError.self) { try chunk(json) }
  }

  @Test("invalid UTF-8 is repaired and never traps")
  func invalidUTF8() throws {
    var bytes = Array(#"{"choices":[{"delta":{"content":"a?b"}}]}"#.utf8)
    bytes[bytes.firstIndex(of: UInt8(ascii: "?"))!] = 0xFF
    #expect(try bytes.withUnsafeBytes { try ChatChunk(parsing: $0) }.text == "a\u{FFFD}b")
  }

  @Test("agrees with Foundation on random strings", arguments: 0..<50)
  func agreesWithFoundation(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let text = String(
      String.UnicodeScalarView(
        (0..<200).compactMap { _ in
          Unicode.Scalar(
            UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x10FFFF), using: &random))
        }))
    let encoded = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    #expect(try chunk(#"{"choices":[{"delta":{"content":\#(encoded)}}]}"#).text == text)
  }

  @Test("damaged JSON never traps", arguments: 0..<20)
  func damage(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let json = Array(
      #"{"id":"é","choices":[{"delta":{"content":"\ud83d\ude42"},"n":-1.5e3,"b":[true,null]}]}"#.utf8)
    for _ in 0..<500 {
      var damaged = json
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = damaged.withUnsafeBytes { try? ChatChunk(parsing: $0) }
    }
  }

  @discardableResult
  private func chunk(_ json: String) throws -> ChatChunk {
    try Array(json.utf8).withUnsafeBytes { try ChatChunk(parsing: $0) }
  }
}
