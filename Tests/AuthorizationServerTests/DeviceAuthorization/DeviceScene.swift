import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

/// A server with a command-line client that has no browser.
struct DeviceScene: Sendable {
    let server: TestServer

    static let client = "cli"
    static let grantType = "urn:ietf:params:oauth:grant-type:device_code"

    static func run(
        configure: (inout Configuration) -> Void = { _ in },
        environment prepare: (inout ServerEnvironment) -> Void = { _ in },
        _ body: (DeviceScene) async throws -> Void
    ) async throws {
        try await TestServer.run(
            configure: { configuration in
                configuration.deviceAuthorization = true
                var client = Configuration.Client(clientID: Self.client)
                client.grantTypes = [.deviceCode, .refreshToken]
                var other = Configuration.Client(clientID: "other-cli")
                other.grantTypes = [.deviceCode]
                configuration.clients = [client, other]
                configure(&configuration)
            },
            environment: prepare,
            { server in try await body(DeviceScene(server: server)) }
        )
    }

    /// Asks for codes; a change of `nil` removes a parameter.
    func begin(_ changes: [String: String?] = [:]) async throws -> OAuthTestClient.Answer {
        var form = [("client_id", Self.client), ("scope", "mcp:read offline_access")]
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            form.removeAll { $0.0 == name }
            if let value { form.append((name, value)) }
        }
        return try await server.visitor.post("/oauth/device_authorization", form)
    }

    /// Asks for the decision.
    func poll(_ deviceCode: String?, as client: String = client) async throws -> OAuthTestClient.Answer {
        try await server.visitor.token([
            ("grant_type", Self.grantType), ("device_code", deviceCode ?? ""), ("client_id", client),
        ])
    }

    /// Enters a code on the page.
    func enter(_ userCode: String?, in browser: TestBrowser) async throws -> TestBrowser.Page {
        let page = try await browser.get(server.issuer + "/device")
        let ticket = page.hiddenFields["ticket"] ?? ""
        return try await browser.post(
            server.issuer + "/device",
            form: [("ticket", ticket), ("user_code", userCode ?? "")]
        )
    }

    /// Decides on the consent page, and logs in if the decision was positive; returns the last page.
    func decide(
        _ consent: TestBrowser.Page,
        _ decision: String,
        in browser: TestBrowser,
        as user: String = "ada"
    ) async throws -> TestBrowser.Page {
        var page = try await browser.post(
            server.issuer + "/oauth/consent",
            form: [("ticket", consent.hiddenFields["ticket"] ?? ""), ("decision", decision)]
        )
        let origins = [server.issuer + "/", server.provider.issuer + "/"]
        page = try await browser.follow(page, within: origins)
        for _ in 0..<4 {
            guard page.status == 200, let action = page.formAction, page.hiddenFields["ticket"] == nil else { break }
            let target = action.hasPrefix("http") ? action : server.provider.issuer + action
            var form = page.hiddenFields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            form.append(("user", user))
            page = try await browser.follow(try await browser.post(target, form: form), within: origins)
        }
        return page
    }
}
