import DevelopmentIdentityProvider
import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

/// A running provider, a client for it, and a clock.
struct TestWorld: Sendable {
    typealias Configuration = DevelopmentIdentityProvider.Configuration

    static let redirectURI = "http://127.0.0.1:9/callback"
    static let client = DevelopmentClient(id: "gatehouse", secret: "s3cret", redirectURIs: [redirectURI])

    let provider: DevelopmentIdentityProvider
    let time: TestTime
    let http: CurlClient

    /// Runs a test with a provider of its own, which is shut down whatever happens.
    static func run(
        _ change: (inout Configuration) -> Void = { _ in },
        _ body: (TestWorld) async throws -> Void
    ) async throws {
        var configuration = Configuration(clients: .registered([client]), signIn: .automatic("ada"))
        change(&configuration)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let time = TestTime()
        let provider = try DevelopmentIdentityProvider(configuration: configuration, timeSource: time, logger: logger)
        let http = try CurlClient(configuration: .init(proxy: .none), logger: logger)
        try await provider.start()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(TestWorld(provider: provider, time: time, http: http)))
        } catch {
            result = .failure(error)
        }
        await provider.shutdown()
        await http.shutdown()
        try result.get()
    }

    // MARK: Requests

    func get(_ url: String, fields: [(name: String, value: String)] = []) async throws -> OutboundResponse {
        try await send("GET", url, fields: fields)
    }

    func get(
        _ endpoint: EndpointName,
        query: [(String, String)] = [],
        fields: [(name: String, value: String)] = []
    ) async throws -> OutboundResponse {
        let query = query.isEmpty ? "" : "?" + FormParameters.serialize(query)
        return try await get(provider.url(of: endpoint) + query, fields: fields)
    }

    func post(
        _ endpoint: EndpointName,
        _ form: [(String, String)],
        fields: [(name: String, value: String)] = [("Accept", "application/json")]
    ) async throws -> OutboundResponse {
        let type = (name: "Content-Type", value: "application/x-www-form-urlencoded")
        let body = Array(FormParameters.serialize(form).utf8)
        return try await send("POST", provider.url(of: endpoint), fields: [type] + fields, body: body)
    }

    func send(
        _ method: String,
        _ url: String,
        fields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) async throws -> OutboundResponse {
        try await http.send(
            OutboundRequest(
                method: method,
                url: url,
                headerFields: fields,
                body: body,
                limits: .init(totalTimeout: .seconds(30)),
                addressPolicy: .loopbackAllowed
            )
        )
    }
}

extension OutboundResponse {
    var text: String { String(decoding: body, as: UTF8.self) }

    func json() throws -> JSONObject { try JSONParser.parseObject(body) }

    /// The parameters of the redirect.
    func redirectParameters() throws -> FormParameters {
        #expect(status == 302)
        let location = try #require(values(of: "Location").first)
        #expect(location.hasPrefix(TestWorld.redirectURI + "?"))
        return try FormParameters(query: String(location.dropFirst(TestWorld.redirectURI.utf8.count + 1)))
    }
}
