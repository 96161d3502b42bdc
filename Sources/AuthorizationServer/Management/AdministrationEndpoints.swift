import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// RFC 6750: lets the bearer of the configured token administer the server, and nobody else.
struct AdministratorAuthentication: Sendable {
    private let tokenHash: SHA256Digest

    init(token: SecretValue) {
        tokenHash = SHA256.hash(token.text)
    }

    /// The endpoint behind the token.
    func guarding(_ endpoint: any Endpoint) -> any Endpoint {
        Guarded(tokenHash: tokenHash, endpoint: endpoint)
    }

    private struct Guarded: Endpoint {
        let tokenHash: SHA256Digest
        let endpoint: any Endpoint

        func respond(to request: Request, context: RequestContext) async -> Response {
            guard let token = BearerToken.read(request) else {
                var response = Response.error(OAuthError(.invalidToken, "the administrator's token is needed"))
                // RFC 6750 §3.1: no error attribute when the request had no credentials at all.
                response.headerFields[.wwwAuthenticate] = "Bearer"
                return response
            }
            guard constantTimeEqual(SHA256.hash(token).bytes, tokenHash.bytes) else {
                return .error(OAuthError(.invalidToken, "the administrator's token is wrong"))
            }
            return await endpoint.respond(to: request, context: context)
        }
    }
}

/// The tail of the audit trail, as JSON lines; `?count=` bounds it.
struct AuditEndpoint: Endpoint {
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        let requested: Int
        do {
            let text = try FormParameters(query: request.query ?? "").once("count")
            requested = text.flatMap(Int.init) ?? 100
        } catch {
            return .error(OAuthError(.invalidRequest, "count must be one number"))
        }
        return Response(
            status: .ok,
            headerFields: [.contentType: "application/jsonl", .cacheControl: "no-store"],
            body: await audit.latest(min(max(0, requested), AuditTrail.tailCountMax))
        )
    }
}

/// Makes the next signing key current at once (MD-9).
struct KeyRotationEndpoint: Endpoint {
    let rotation: SigningKeyRotation
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        do {
            let keyID = try await rotation.rotate(now: context.now)
            await audit.record(.signingKeyChanged(keyID, cause: .administrator), context: context)
            return .json(JSONObject(dictionaryLiteral: ("kid", .string(keyID))).serialized())
        } catch let failure as SigningKeyRotation.Failure {
            return .error(OAuthError(.invalidRequest, failure.description))
        } catch {
            return .error(.overloaded)
        }
    }
}
