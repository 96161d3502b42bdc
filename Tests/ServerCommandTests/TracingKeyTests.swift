import ServerConfiguration
import Testing

@testable import ServerCommand

@Suite("tracing: where spans go")
struct TracingKeyTests {
    private static let start = "issuer: https://auth.example.com\n"

    private static func otlp(_ text: String) throws -> Configuration.OTLP {
        try decode(start + "tracing: {otlp: {\(text)}}\n").tracing.otlp
    }

    @Test("nowhere by default")
    func off() throws {
        #expect(try decode(Self.start).tracing.otlp.endpoint == nil)
    }

    @Test("to a collector, with fields that are secrets, and a share")
    func complete() throws {
        let otlp = try Self.otlp(
            """
            endpoint: 'https://otel.corp:4318/v1/traces', sample: 0.05, \
            headers: [{name: Authorization, value: {env: OTLP_TOKEN}}]
            """
        )
        #expect(otlp.endpoint == "https://otel.corp:4318/v1/traces" && otlp.share == 0.05)
        #expect(otlp.headers.map(\.name) == ["Authorization"])
        #expect(otlp.headers.map(\.value) == [.environment("OTLP_TOKEN")])
    }

    @Test(
        "plain http on this machine, and elsewhere if it is intended",
        arguments: [
            "endpoint: 'http://127.0.0.1:4318/v1/traces'", "endpoint: 'http://localhost:4318/v1/traces'",
            "endpoint: 'http://otel:4318/v1/traces', allow_insecure_http: true",
        ]
    )
    func http(text: String) throws {
        #expect(try Self.otlp(text).endpoint != nil)
    }

    @Test(
        "what makes no sense is refused",
        arguments: [
            ("endpoint: 'http://otel:4318/v1/traces'", "endpoint: must be https"),
            ("endpoint: 'https://otel:4318'", "endpoint: must have the collector's path, usually /v1/traces"),
            ("endpoint: 'https://otel:4318/'", "endpoint: must have the collector's path, usually /v1/traces"),
            ("endpoint: 'https://u:p@otel/v1/traces'", "endpoint: must not have a fragment or user information"),
            ("endpoint: otel", "endpoint: must be an absolute https URL"),
            ("sample: 1.5", "sample: must be a number from 0 to 1, such as 0.1, not 1.5"),
            ("sample: -0.1", "sample: must be a number from 0 to 1, such as 0.1, not -0.1"),
            ("sample: 5%", "sample: must be a number from 0 to 1, such as 0.1, not 5%"),
            ("headers: [{name: a, value: {env: A}}]", "headers: needs tracing.otlp.endpoint"),
            (
                "endpoint: 'https://o/v1/traces', headers: [{name: a}]", "headers[0].value: is required"
            ),
            (
                "endpoint: 'https://o/v1/traces', headers: [{name: 'a b', value: {env: A}}]",
                "headers[0].name: a b is not the name of a header field"
            ),
            (
                "endpoint: 'https://o/v1/traces', headers: [{name: Host, value: {env: A}}]",
                "headers[0].name: must not be set: the message has its own Host"
            ),
            (
                "endpoint: 'https://o/v1/traces', headers: [{name: a, value: secret}]",
                "headers[0].value: secrets must not be written in the configuration"
            ),
        ]
    )
    func refusal(text: String, line: String) {
        let found = refusals(Self.start + "tracing: {otlp: {\(text)}}")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("tracing.otlp." + line) == true, "\(found)")
    }
}
