import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
package import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Back-Channel Logout 1.0 §2.5: a provider reports that a user, or one of a user's sessions, is signed
/// out there (LO-1, D-96).
///
/// The named sessions end here: no token of theirs is accepted or refreshed. So do codes and logins that would become
/// such sessions, the user's logins with browsers, and the connection whose tokens came from them. If configured, the
/// connection's tokens are also erased and revoked at the provider.
package struct BackChannelLogoutEndpoint: Endpoint {
    let upstreams: UpstreamDirectory
    let subjects: LogoutSubjects
    let logout: ProviderLogout
    let failures: FailureLimit

    package func respond(to request: Request, context: RequestContext) async -> Response {
        guard let provider = request.pathParameter.flatMap({ upstreams[$0] }) else {
            return .json(Array(#"{"error":"not_found"}"#.utf8), status: .notFound)
        }
        do throws(OAuthError) {
            let token = try await verified(try FormBody.parse(request).required("logout_token"), provider)
            // Looked up before the token counts as used, so that nothing waits between its consumption and its effect.
            let victims = try await OAuthError.attempt(await subjects.named(by: token, at: provider, now: context.now))
            try await logout.end(victims, token, provider, context)
            // §2.8: 200, and it must not be cached.
            return Response(status: .ok, headerFields: [.cacheControl: "no-store"])
        } catch {
            return .error(await failures.throttling(error, context: context))
        }
    }

    // §2.6: every flaw has the same code and text, and ends nothing (D-96).
    private func verified(_ text: String, _ provider: UpstreamProvider) async throws(OAuthError) -> LogoutToken {
        do {
            return try await provider.verifyLogoutToken(text)
        } catch {
            if case .temporarilyUnavailable(let delay) = error.code {
                throw OAuthError(
                    .temporarilyUnavailable,
                    "the provider's keys cannot be fetched now",
                    retryAfter: delay
                )
            }
            throw .guess(.invalidRequest, "the logout token is invalid")
        }
    }
}

extension BackChannelLogoutEndpoint {
    var surfaces: [Surface] {
        [Surface(.post, "/oauth/backchannel-logout/{upstream}", name: "backchannel_logout", Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "backChannelLogout",
        summary: "Receives an identity provider's notice that a user signed out.",
        parameters: [.upstreamInPath],
        body: .form(required: ["logout_token"], optional: []),
        responses: [
            (200, .empty("The sessions that the token names have ended")), (400, .error("The token is refused")),
            (404, .error("The provider does not exist")), (429, OpenAPIOperation.throttled),
            (503, OpenAPIOperation.unavailable),
        ]
    )
}
