import HTTPTypes
import OAuthProtocol
import OAuthState
package import SocketHTTP

/// OpenID Connect Core 1.0 §5.3: claims about the user of an access token (OP-2).
package struct UserInfoEndpoint: Endpoint {
    private let access: ResourceAccess
    private let users: any UserStore

    /// The endpoint over the live sessions and the users.
    init(access: ResourceAccess, users: any UserStore) {
        self.access = access
        self.users = users
    }

    /// Answers with the claims that the token's scopes allow.
    ///
    /// A token for any audience: the request concerns the user's session, and we issued the token (D-37 is about other
    /// cases).
    package func respond(to request: Request, context: RequestContext) async -> Response {
        let granted: ResourceAccess.Granted
        do throws(ResourceAccess.Refusal) {
            granted = try await access.granted(request, audiences: nil, context)
        } catch {
            return CrossOrigin.allow(access.answer(error, context))
        }
        do throws(OAuthError) {
            let scopes = try ScopeSet(parsing: granted.live.token.claims.scope)
            guard let session = granted.live.session, scopes.contains(ScopeSet.openID) else {
                throw OAuthError(.insufficientScope, "the access token was granted without openid")
            }
            let body = try await claims(session, scopes).serialized()
            return CrossOrigin.allow(.json(body)).bringing(nonce: granted.nonce)
        } catch {
            var response = Response.error(error)
            if error.code == .insufficientScope {
                // RFC 6750 §3.1.
                response.headerFields[.wwwAuthenticate] = "Bearer error=\"insufficient_scope\", scope=\"openid\""
            }
            return CrossOrigin.allow(response)
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
            parameters: [.proof],
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
