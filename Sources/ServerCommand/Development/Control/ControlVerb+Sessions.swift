import AuthorizationServer
import DevelopmentIdentityProvider
import HTTPTypes
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration

extension ControlVerb {
    static func sessions(_ ground: ControlGround) -> [ControlVerb] {
        [
            ControlVerb(
                method: .post,
                path: ControlPlane.path + "/sessions",
                summary: "Logs a user in without a browser and returns the tokens; every production check applies.",
                members: [
                    Member(name: "user", type: "string", summary: "Who signs in, by subject; ada without one."),
                    Member(name: "scopes", type: "array", summary: "The scopes; all of the resource without it."),
                    Member(name: "resource", type: "string", summary: "The resource; the first one without it."),
                ],
                perform: { (request) async throws(ControlRefusal) in try await ControlLogin(ground).login(request) }
            )
        ]
    }
}

/// Takes a user through registration, consent, every provider's sign-in page and the redemption of the code, as a
/// client and a browser do.
struct ControlLogin {
    private let ground: ControlGround

    init(_ ground: ControlGround) {
        self.ground = ground
    }

    func login(_ request: ControlRequest) async throws(ControlRefusal) -> JSONObject {
        let resource = try ground.resource(request.text("resource"))
        let user = request.text("user") ?? DevelopmentUser.ada.subject
        try await ground.checkUser(user)
        let scopes = request.texts("scopes") ?? resource.scopes.tokens + [ScopeSet.offlineAccess]
        var client = OAuthTestClient(
            issuer: ground.server.configuration.issuer.text,
            transport: ground.transport,
            resource: resource.uri
        )
        client.scope = scopes.isEmpty ? nil : scopes.joined(separator: " ")
        do {
            let registration = try await client.register([
                "client_name": "Test client", "redirect_uris": [.string(client.redirectURI)],
                "token_endpoint_auth_method": "none",
            ])
            client.id = registration["client_id"] ?? ""
            return try await tokens(client, as: user)
        } catch let refusal as ControlRefusal {
            throw refusal
        } catch {
            throw ControlRefusal(502, "login_failed", "the login failed: \(error)")
        }
    }

    private func tokens(_ client: OAuthTestClient, as user: String) async throws -> JSONObject {
        let answer = try await authorize(client, as: user)
        guard let code = answer["code"] else {
            throw ControlRefusal(
                400,
                answer["error"] ?? "login_failed",
                answer["error_description"] ?? "the login ended without a code"
            )
        }
        var json = try await client.redeem(code)
        guard json.status == 200 else {
            throw ControlRefusal(400, json.error ?? "login_failed", json["error_description"] ?? "no token was issued")
        }
        var result = json.json
        result["client_id"] = .string(client.id)
        let payload = (json["access_token"] ?? "").split(separator: ".").dropFirst().first.map(String.init) ?? ""
        // A token of ours is a JWT; if it were none, its claims would be missing from the answer.
        if let bytes = Base64URL.decode(payload), let claims = try? JSONParser.parseObject(bytes) {
            result["claims"] = .object(claims)
        }
        json = try await client.send("GET", "/.well-known/oauth-authorization-server")
        result["issuer"] = json.json["issuer"]
        return result
    }

    private func authorize(_ client: OAuthTestClient, as user: String) async throws -> [String: String] {
        let issuer = client.issuer
        let browser = TestBrowser(transport: ground.transport)
        var page = try await browser.get(client.authorizationURL())
        if page.status == 200, let ticket = page.hiddenFields["ticket"], let action = page.formAction {
            page = try await browser.post(action, form: [("ticket", ticket), ("decision", "approve")])
        }
        let origins = [issuer + "/"] + ground.upstreams.map { $0.provider.issuer + "/" }
        page = try await browser.follow(page, within: origins)
        // One turn for each provider's sign-in page, with room for a repeated one.
        for _ in 0..<(2 * ground.upstreams.count + 2) where page.status == 200 {
            guard let action = page.formAction else { break }
            let base = URIReference(page.url).map { "\($0.scheme)://\($0.host ?? ""):\($0.port ?? 80)" } ?? issuer
            let form = page.hiddenFields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + [("user", user)]
            page = try await browser.post(action.hasPrefix("http") ? action : base + action, form: form)
            page = try await browser.follow(page, within: origins)
        }
        let answer = OAuthTestClient.parameters(of: page.header("location") ?? "")
        guard answer.isEmpty else { return answer }
        throw ControlRefusal(502, "login_failed", "the login ended at a page with status \(page.status)")
    }
}

extension ControlGround {
    /// The resource of a URI; without one the first.
    func resource(_ uri: String?) throws(ControlRefusal) -> Configuration.Resource {
        let resources = settings.configuration.resources
        guard let found = resources.first(where: { uri == nil || $0.uri == uri }) else {
            let known = resources.map(\.uri).joined(separator: ", ")
            throw .unknown("there is no resource \(uri ?? ""); there is \(known)")
        }
        return found
    }

    /// Refuses a name that no provider knows, which would end at a page.
    func checkUser(_ subject: String) async throws(ControlRefusal) {
        for (upstream, provider) in upstreams {
            let known = await provider.users.map(\.subject)
            guard known.contains(subject) else {
                throw .unknown("\(upstream.name) has no user \(subject); it has \(known.joined(separator: ", "))")
            }
        }
    }
}
