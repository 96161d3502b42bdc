import HTTPTypes
import OAuthProtocol
package import OAuthState
package import SocketHTTP

/// OpenID Connect Core 1.0 §5.3: claims about the user of an access token (OP-2).
package struct UserInfoEndpoint: Endpoint {
    private let verification: AccessTokenVerification
    private let users: any UserStore

    /// The endpoint over the live sessions and the users.
    package init(verification: AccessTokenVerification, users: any UserStore) {
        self.verification = verification
        self.users = users
    }

    /// Answers with the claims that the token's scopes allow.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            guard let token = BearerToken.read(request) else { return Self.challenge }
            let live = try await live(token, context)
            let scopes = try ScopeSet(parsing: live.token.claims.scope)
            guard let session = live.session, scopes.contains(ScopeSet.openID) else {
                throw OAuthError(.insufficientScope, "the access token was granted without openid")
            }
            return CrossOrigin.allow(.json(try await claims(session, scopes).serialized()))
        } catch {
            var response = Response.error(error)
            if error.code == .insufficientScope {
                // RFC 6750 §3.1.
                response.headerFields[.wwwAuthenticate] = "Bearer error=\"insufficient_scope\", scope=\"openid\""
            }
            return CrossOrigin.allow(response)
        }
    }

    // A token for any audience: the request concerns the user's session, and we issued the token (D-37 is about other
    // cases).
    private func live(
        _ token: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> AccessTokenVerification.LiveToken {
        do {
            return try await verification.live(token, audiences: nil, now: context.now)
        } catch {
            switch error {
            // A signature cannot be guessed: a foreign token is a mistake, not an attempt to guess ours.
            case .notOurs: throw OAuthError(.invalidToken, "the access token was not issued by this server")
            case .unavailable: throw .overloaded
            case .expired, .revoked, .wrongAudience, .withoutUser:
                throw OAuthError(.invalidToken, "the access token has expired or was revoked")
            }
        }
    }

    // OP-3: an address only with its scope, and only one that a provider has verified.
    private func claims(_ session: Session, _ scopes: ScopeSet) async throws(OAuthError) -> JSONObject {
        var claims: JSONObject = ["sub": .string(session.userID.text)]
        guard let user = try await OAuthError.attempt(await users.user(session.userID)) else { return claims }
        if scopes.contains("profile"), let name = user.name {
            claims["name"] = .string(name)
        }
        if scopes.contains("email"), let email = user.verifiedEmail {
            claims["email"] = .string(email)
            claims["email_verified"] = true
        }
        return claims
    }

    // RFC 6750 §3.1: no error attribute when the request had no credentials at all.
    private static let challenge: Response = {
        var response = Response.error(OAuthError(.invalidToken, "an access token is required"))
        response.headerFields[.wwwAuthenticate] = "Bearer"
        return CrossOrigin.allow(response)
    }()
}

extension UserInfoEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                path: "/oauth/userinfo",
                name: "userinfo",
                methods: [
                    .method(.get, Self.operation(id: "getUserInfo")),
                    .method(.post, Self.operation(id: "postUserInfo")),
                ],
                origins: .all,
                advertisement: .init(member: "userinfo_endpoint")
            )
        ]
    }

    private static func operation(id: String) -> OpenAPIOperation {
        OpenAPIOperation(
            id: id,
            summary: "Returns claims about the user of an access token (OpenID Connect Core).",
            security: ["accessToken"],
            responses: [
                (200, .json("The claims", .userInfo)), (401, .error("The access token is missing or invalid")),
                (403, .error("The access token was granted without openid")),
            ]
        )
    }
}

extension OpenAPISchema {
    fileprivate static let userInfo = OpenAPISchema(
        "UserInfo",
        required: ["sub"],
        [
            "sub": ["type": "string"], "name": ["type": "string"], "email": ["type": "string"],
            "email_verified": ["type": "boolean"],
        ]
    )
}
