import OAuthClientKit
import OAuthProtocol
import OpenSSLCrypto

/// A client of the server under examination.
struct ConformanceClient: Sendable {
    let id: String
    var secret: String?
    /// How it authenticates (RFC 7591 §2).
    var method = "none"
    let redirectURI: String

    /// The parameters and fields by which it names or authenticates itself (RFC 6749 §2.3.1).
    var credentials: (form: [(String, String)], headerFields: [(name: String, value: String)]) {
        switch (secret, method) {
        case (let secret?, "client_secret_post"): ([("client_id", id), ("client_secret", secret)], [])
        case (let secret?, _): ([], [("authorization", OAuthTestClient.basic(id, secret))])
        case (nil, _): ([("client_id", id)], [])
        }
    }
}

/// The clients that the checks use.
struct ConformanceClients: Sendable {
    /// Redirects to a fixed port on loopback; its user logs in.
    var main: ConformanceClient
    /// Another one, to which nothing of the first belongs; `nil` when clients cannot be registered.
    var other: ConformanceClient?
    /// Redirects to https, where every character counts; `nil` when clients cannot be registered.
    var web: ConformanceClient?
}

extension ConformanceSubject {
    static let loopbackRedirect = "http://127.0.0.1:51004/callback"
    static let webRedirect = "https://client.example/callback"

    /// Registers the clients; of those, the one whose user logs in can be given by the options.
    func registeredClients() async -> Result<ConformanceClients, ConformanceStop> {
        if let client = options.client {
            // The checks that need a further client say that it is missing.
            let other = try? await registered(Self.loopbackRedirect)
            let web = try? await registered(Self.webRedirect)
            return .success(ConformanceClients(main: client, other: other, web: web))
        }
        do {
            return .success(
                ConformanceClients(
                    main: try await registered(Self.loopbackRedirect),
                    other: try await registered(Self.loopbackRedirect),
                    web: try await registered(Self.webRedirect)
                )
            )
        } catch {
            return .failure(.obstacle("no client could be registered: \(error)"))
        }
    }

    /// Sends a registration request (RFC 7591 §3.1).
    func register(_ metadata: JSONObject) async throws -> ConformanceAnswer {
        try await register(body: metadata.serialized())
    }

    /// Sends a registration request with any body.
    func register(body: [UInt8]) async throws -> ConformanceAnswer {
        let type = (name: "content-type", value: "application/json")
        return try await send("POST", endpoint("registration_endpoint"), [type], body: body)
    }

    /// The metadata of a public client with redirect URIs.
    static func registration(_ redirectURIs: [String]) -> JSONObject {
        [
            "client_name": "Conformance check", "redirect_uris": .strings(redirectURIs),
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        ]
    }

    private func registered(_ redirectURI: String) async throws -> ConformanceClient {
        let answer = try await register(Self.registration([redirectURI]))
        guard let id = answer.json["client_id"]?.stringValue else {
            throw ConformanceStop.obstacle("the registration was answered with \(answer.summary)")
        }
        return ConformanceClient(
            id: id,
            secret: answer.json["client_secret"]?.stringValue,
            method: answer.json["token_endpoint_auth_method"]?.stringValue ?? "none",
            redirectURI: redirectURI
        )
    }

    /// The client whose user logs in.
    func mainClient() throws(ConformanceStop) -> ConformanceClient { try clients.get().main }

    /// A second client.
    func otherClient() throws(ConformanceStop) -> ConformanceClient {
        guard let client = try clients.get().other else { throw .obstacle("a second client is needed") }
        return client
    }

    /// The client with an https redirect URI.
    func webClient() throws(ConformanceStop) -> ConformanceClient {
        guard let client = try clients.get().web else { throw .obstacle("a client with an https redirect is needed") }
        return client
    }
}
