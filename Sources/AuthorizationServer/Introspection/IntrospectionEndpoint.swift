import CoreMetrics
import HTTPTypes
package import OAuthProtocol
package import SocketHTTP

/// RFC 7662: tells a resource server whether an access token is valid.
///
/// It answers about tokens that were issued for the caller. About any other token (expired, revoked, forged, another's,
/// or none at all) it only says that it is not active (IN-1, D-37).
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
package final class IntrospectionEndpoint: Endpoint {
    private let requests: ClientRequests
    private let resources: ResourceCatalogue
    private let verification: AccessTokenVerification
    private let metrics: ServerMetrics
    private let activeAnswers: Counter
    private let inactiveAnswers: Counter

    /// The endpoint for the catalogue's resource servers.
    package init(
        requests: ClientRequests,
        resources: ResourceCatalogue,
        verification: AccessTokenVerification,
        metrics: ServerMetrics
    ) {
        self.requests = requests
        self.resources = resources
        self.verification = verification
        self.metrics = metrics
        activeAnswers = metrics.introspections(result: "active")
        inactiveAnswers = metrics.introspections(result: "inactive")
    }

    /// Answers a resource server.
    ///
    /// Never with CORS headers: no browser has a resource server's credentials (CX-1).
    package func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let form = try requests.form(request)
            // RFC 7662 §2.1: an unauthenticated caller could try tokens out (D-48).
            let client = try await requests.client(request, form, context, needsProof: true)
            let token = try form.required("token")
            guard let live = try await live(token, for: client, context) else {
                inactiveAnswers.increment()
                return Response(Self.head, body: Self.inactive)
            }
            activeAnswers.increment()
            return Response(Self.head, body: Self.active(live))
        } catch {
            let refusal = await requests.refusal(error, request, context)
            metrics.introspections(result: refusal.error.code.wireValue).increment()
            return refusal.response
        }
    }

    private func live(
        _ token: String,
        for client: Client,
        _ context: RequestContext
    ) async throws(OAuthError) -> VerifiedAccessToken? {
        guard let server = resources.server(client.id) else { return nil }
        do {
            return try await verification.live(
                token,
                audiences: server.audiences,
                presented: .described,
                now: context.now
            ).token
        } catch {
            // A failing store must not make a valid token inactive.
            guard error != .unavailable else { throw .overloaded }
            // The caller must not learn why a token is not active (RFC 7662 §2.2).
            return nil
        }
    }

    private static let head = PreparedHead(
        status: .ok,
        headerFields: [.contentType: "application/json", .cacheControl: "no-store"]
    )
    /// RFC 7662 §2.2: only `active`.
    private static let inactive = Array(#"{"active":false}"#.utf8)
    private static let activePrefix = Array(#"{"active":true,"token_type":"Bearer","#.utf8)
    /// RFC 9449 §6.2: a bound token; `cnf` in the payload names its key.
    private static let boundPrefix = Array(#"{"active":true,"token_type":"DPoP","#.utf8)

    // Introspection reports the claims of an access token under the same names (RFC 7662 §2.2, RFC 9068 §2.2): the
    // payload is sent unchanged, after two further members. No payload that we verify has members of these names
    // (``AccessTokenClaims/reservedNames``), so no name occurs twice (D-34).
    private static func active(_ token: VerifiedAccessToken) -> [UInt8] {
        (token.claims.boundKey == nil ? activePrefix : boundPrefix) + token.payload.dropFirst()
    }
}

extension IntrospectionEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                .post,
                "/oauth/introspect",
                name: "introspect",
                // Without a resource server that has credentials, no caller could use it. RFC 7662 §2.1: it refuses
                // public clients (D-48).
                advertisement: resources.resources.contains { $0.clientID != nil }
                    ? .init(member: "introspection_endpoint", authentication: .proven) : nil,
                OpenAPIOperation(
                    id: "introspect",
                    summary:
                        "Returns the state of a token that was issued for the calling resource server (RFC 7662).",
                    body: .form(required: ["token"], optional: OpenAPIOperation.clientFields + ["token_type_hint"]),
                    security: ["clientBasic"],
                    responses: [
                        (200, .json("The state of the token", .introspection)),
                        (400, .error("The request is refused")),
                        (401, .error("The caller is unknown or not authenticated")), (429, OpenAPIOperation.throttled),
                        (503, OpenAPIOperation.unavailable),
                    ]
                )
            )
        ]
    }
}

extension OpenAPISchema {
    fileprivate static let introspection = OpenAPISchema(
        "Introspection",
        required: ["active"],
        ["active": ["type": "boolean"]]
    )
}
