import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// The user of an access token: OpenID Connect Core 1.0 §5.3, or GitHub's `/user`.
struct UserInfoEndpoint: Sendable {
    let context: ProviderContext
    let flavour: ProtocolFlavour

    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        guard let token = bearerToken(request) else {
            // RFC 6750 §3.1: the answer to a request without a token has no error code.
            return .members(["error": "invalid_request"], status: .unauthorized, fields: [.wwwAuthenticate: "Bearer"])
        }
        do throws(OAuthError) {
            let bearer = try await context.state.bearer(token, flavour: flavour, now: context.now)
            switch flavour {
            case .openIDConnect:
                guard bearer.scopes.contains("openid") else {
                    throw OAuthError(.insufficientScope, "the scope openid is missing")
                }
                return .members(claims(bearer.user, bearer.scopes, faults))
            case .oauth2: return .members(profile(bearer.user))
            }
        } catch {
            let challenge = "Bearer error=\"\(error.code.wireValue)\", error_description=\"\(error.description)\""
            return .error(error, fields: [.wwwAuthenticate: challenge])
        }
    }

    private func claims(_ user: DevelopmentUser, _ scopes: [String], _ faults: ScriptedFaults) -> JSONObject {
        var claims: JSONObject = ["sub": .string(user.subject)]
        for (name, value) in IDTokenClaims.about(user, scopes: scopes).members { claims[name] = value }
        if let subject = faults.subject { claims["sub"] = .string(subject) }
        return claims
    }

    private func profile(_ user: DevelopmentUser) -> JSONObject {
        var profile: JSONObject = [
            "login": .string(user.login),
            "id": .integer(Int(user.numericID)),
            "name": .string(user.name),
            "email": user.email.map(JSONValue.string) ?? .null,
            "type": "User",
        ]
        for (name, value) in user.additionalClaims.members { profile[name] = value }
        return profile
    }

    /// RFC 6750 §2.1; GitHub also accepts the scheme `token`.
    private func bearerToken(_ request: Request) -> String? {
        let parts = (request[.authorization] ?? "").split(separator: " ")
        guard parts.count == 2, ["bearer", "token"].contains(parts[0].lowercased()) else { return nil }
        return String(parts[1])
    }
}
