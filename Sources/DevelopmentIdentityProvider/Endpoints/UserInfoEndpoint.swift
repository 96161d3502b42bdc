import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// The user of an access token: OpenID Connect Core 1.0 §5.3, or GitHub's `/user`.
struct UserInfoEndpoint: Sendable {
    let context: ProviderContext
    let flavour: ProtocolFlavour

    private var quirks: Set<DevelopmentIdentityProvider.Quirk> {
        flavour.behaviour(in: context.configuration).quirks
    }

    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        if let refusal = refusal(of: request) { return refusal }
        guard let token = quirks.contains(.userInfoByQuery) ? queryToken(request) : bearerToken(request) else {
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
            case .oauth2: return answer(profile(bearer.user))
            }
        } catch {
            let challenge = "Bearer error=\"\(error.code.wireValue)\", error_description=\"\(error.description)\""
            return .error(error, fields: [.wwwAuthenticate: challenge])
        }
    }

    // The quirks of requests for the user's data.
    private func refusal(of request: Request) -> Answer? {
        if quirks.contains(.identityInTokenAnswer) { return .response(Response(status: .notFound)) }
        let isPost = request.method == .post
        guard flavour == .openIDConnect || isPost == isAskedByPost else {
            return .response(Response(status: .methodNotAllowed))
        }
        guard quirks.contains(.userInfoByGraphQL) else { return nil }
        // The reason why it is no JSON does not matter.
        let query = (try? JSONParser.parseObject(request.body))?["query"]?.stringValue ?? ""
        return query.contains("viewer") ? nil : .members(["errors": []], status: .badRequest)
    }

    private var isAskedByPost: Bool {
        quirks.contains(.userInfoByPost) || quirks.contains(.userInfoByGraphQL)
    }

    private func answer(_ profile: JSONObject) -> Answer {
        if quirks.contains(.userInfoByGraphQL) { return .members(["data": ["viewer": .object(profile)]]) }
        guard quirks.contains(.userInfoAsArray) else { return .members(profile) }
        let body = Array(JSONValue.array([.object(profile)]).serializedString().utf8)
        return .response(Response(status: .ok, headerFields: [.contentType: "application/json"], body: body))
    }

    private func queryToken(_ request: Request) -> String? {
        RequestParameters.reading(query: request.query ?? "")?.values("access_token").first
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
        if quirks.contains(.apiFields) { profile["cloud_id"] = "C-4711" }
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
