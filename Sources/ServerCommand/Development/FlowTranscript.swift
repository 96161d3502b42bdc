import AuthorizationServer
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration

/// Runs the complete flow once, as a client, its user and a resource server would, and prints each step.
struct FlowTranscript {
    let deployment: DevelopmentDeployment
    let transport: any OutboundTransport

    /// A step that failed.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs from registration to refresh; prints one line for each step.
    ///
    /// - Returns: The last access token, of a session that goes on.
    func run() async throws -> String {
        Console.write("The complete flow, once:")
        var client = OAuthTestClient(
            issuer: deployment.server.configuration.issuer.text,
            transport: transport,
            resource: deployment.resource
        )
        try await register(&client)
        let code = try await authorize(client)
        let tokens = try await client.redeem(code)
        try expect(tokens.status == 200, "code", tokens)
        step("token", "an access token for \(tokens["scope"] ?? ""), \(tokens.json["expires_in"]?.integerValue ?? 0) s")
        try show(tokens["access_token"] ?? "")
        try await exchange(client, tokens["access_token"] ?? "")
        let refreshed = try await client.refresh(tokens["refresh_token"] ?? "")
        try expect(
            refreshed.status == 200 && refreshed["refresh_token"] != tokens["refresh_token"],
            "refresh",
            refreshed
        )
        step("refresh", "a new access token, and the refresh token’s successor")
        return refreshed["access_token"] ?? ""
    }

    private func register(_ client: inout OAuthTestClient) async throws {
        let registration = try await client.register([
            "client_name": "Demo client", "redirect_uris": [.string(client.redirectURI)],
            "token_endpoint_auth_method": "none",
        ])
        try expect(registration.status == 201, "registration", registration)
        client.id = registration["client_id"] ?? ""
        step("registration", "client \(client.id)")
    }

    private func authorize(_ client: OAuthTestClient) async throws -> String {
        let browser = TestBrowser(transport: transport)
        let page = try await browser.get(client.authorizationURL())
        guard page.status == 200, let ticket = page.hiddenFields["ticket"], let action = page.formAction else {
            throw Failure(description: "the consent page failed: status \(page.status)")
        }
        step("authorize", "the consent page, which asks for \(client.scope ??  "")")
        let approved = try await browser.post(action, form: [("ticket", ticket), ("decision", "approve")])
        step("consent", "approved, on to \(approved.header("location")?.prefix { $0 != "?" } ?? "nowhere")")
        let answer = try await client.finish(
            approved,
            with: browser,
            issuer: client.issuer,
            provider: deployment.provider.issuer,
            as: "ada"
        )
        guard let code = answer["code"], answer["iss"] == client.issuer, answer["state"] == "state-123" else {
            throw Failure(description: "the callback returned no code: \(answer["error"] ?? "no error either")")
        }
        step("callback", "Ada signed in; the redirect has code, state and iss")
        return code
    }

    private func exchange(_ client: OAuthTestClient, _ accessToken: String) async throws {
        let upstream = try await client.exchange(
            accessToken,
            audience: deployment.upstreamName,
            as: deployment.resourceServer
        )
        try expect(upstream.status == 200, "token exchange", upstream)
        let user = try await transport.send(
            OutboundRequest(
                url: deployment.provider.url(of: .userInfo),
                headerFields: [("authorization", "Bearer \(upstream["access_token"] ?? "")")],
                addressPolicy: .loopbackAllowed
            )
        )
        let name = try JSONParser.parseObject(user.body)["name"]?.stringValue ?? "unknown"
        step("token exchange", "the upstream token, which the provider confirms as \(name)’s")
    }

    private func show(_ token: String) throws {
        let segments = token.split(separator: ".").map(String.init)
        guard segments.count == 3 else { throw Failure(description: "the access token is not a JWT") }
        for segment in segments.prefix(2) {
            Console.write("                    " + String(decoding: Base64URL.decode(segment) ?? [], as: UTF8.self))
        }
    }

    private func step(_ name: String, _ text: String) {
        let padding = String(repeating: " ", count: max(1, 18 - name.count))
        Console.write("  \(name)\(padding)\(text)")
    }

    private func expect(_ condition: Bool, _ name: String, _ answer: OAuthTestClient.Answer) throws {
        guard condition else {
            throw Failure(description: "\(name) was answered with \(answer.status) \(answer.error ?? "")")
        }
    }
}
