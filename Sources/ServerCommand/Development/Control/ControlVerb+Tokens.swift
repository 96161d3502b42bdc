import AuthorizationServer
import HTTPTypes
import OAuthClientKit
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

extension ControlVerb {
    static func tokens(_ ground: ControlGround) -> [ControlVerb] {
        [
            ControlVerb(
                method: .post,
                path: ControlPlane.path + "/tokens",
                summary:
                    "Signs an access token without a login, right or with one defect; it has no session and retrieves nothing.",
                members: [
                    Member(
                        name: "defect",
                        type: "string",
                        summary: "What is wrong with it.",
                        choices: TokenMint.Defect.allCases.map(\.rawValue)
                    ),
                    Member(name: "subject", type: "string", summary: "`sub`."),
                    Member(name: "scopes", type: "array", summary: "`scope`; all of the resource without it."),
                    Member(name: "resource", type: "string", summary: "`aud`; the first resource without it."),
                    Member(name: "client_id", type: "string", summary: "`client_id`."),
                    Member(name: "lifetime", type: "integer", summary: "Seconds until `exp`; 3600 without it."),
                    Member(name: "claims", type: "object", summary: "Claims that replace others; null removes one."),
                ],
                perform: { (request) async throws(ControlRefusal) in try mint(request, ground) }
            )
        ]
    }

    private static func mint(_ request: ControlRequest, _ ground: ControlGround) throws(ControlRefusal) -> JSONObject {
        let resource = try ground.resource(request.text("resource"))
        let lifetime = try request.number("lifetime", 1...31_536_000) ?? 3600
        let now = ground.clock.now()
        let seconds = Int(now.secondsSinceEpoch)
        let scopes = request.texts("scopes") ?? resource.scopes.tokens
        var claims: JSONObject = [
            "iss": .string(ground.server.configuration.issuer.text),
            "sub": .string(request.text("subject") ?? "test-user"), "aud": .string(resource.uri),
            "client_id": .string(request.text("client_id") ?? "test-client"),
            "jti": .string(Base64URL.encode(SystemRandomSource().bytes(16))),
            "iat": .integer(seconds), "exp": .integer(seconds + lifetime),
        ]
        if !scopes.isEmpty { claims["scope"] = .string(scopes.joined(separator: " ")) }
        for (name, value) in request.object("claims")?.members ?? [] { claims[name] = value == .null ? nil : value }
        let mint = TokenMint(key: ground.server.keys.current.active)
        do {
            let defect = request.text("defect").flatMap(TokenMint.Defect.init)
            let token = try mint.token(claims, defect: defect, now: now)
            return ["access_token": .string(token), "token_type": "Bearer", "claims": .object(claims)]
        } catch {
            throw ControlRefusal(500, "server_error", "the token could not be signed: \(error)")
        }
    }
}
