import CoreMetrics
import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// RFC 6749 §3.2: the token endpoint.
///
/// Parses, authenticates and dispatches; each grant defines its own meaning.
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
final class TokenEndpoint: Endpoint {
    /// A grant with the counter of its successes, which is looked up once.
    private final class Offer: Sendable {
        let grant: any Grant
        let declaration: GrantDeclaration
        let successes: Counter

        init(grant: any Grant, metrics: ServerMetrics) {
            self.grant = grant
            declaration = type(of: grant).declaration
            successes = metrics.tokenRequests(grant: declaration.name, result: "success")
        }
    }

    private let offers: [Offer]
    private let requests: ClientRequests
    private let proofs: TokenProofs
    private let metrics: ServerMetrics

    /// The path, relative to the issuer.
    static let path = EndpointPath.token

    /// An endpoint with the given grants.
    init(grants: [any Grant], requests: ClientRequests, proofs: TokenProofs, metrics: ServerMetrics) {
        offers = grants.map { Offer(grant: $0, metrics: metrics) }
        self.requests = requests
        self.proofs = proofs
        self.metrics = metrics
    }

    /// Answers a token request; every answer is JSON that must not be cached (TK-2).
    package func respond(to request: Request, context: RequestContext) async -> Response {
        var grantName = "none"
        do throws(OAuthError) {
            let form = try requests.form(request)
            let offer = try offer(form)
            grantName = offer.declaration.name
            // Before the client: one that has to repeat its request with a nonce must not have used up its assertion.
            let proof = try await proofs.proof(of: request, at: Self.path, context)
            let client = try await client(request, form, offer.declaration, context)
            let body = try await proofs.using(proof, of: client, context) { () async throws(OAuthError) in
                try await offer.grant.evaluate(
                    TokenRequest(form: form, sender: client, context: context, key: proof?.key)
                )
            }
            offer.successes.increment()
            return answer(body, proof, context)
        } catch {
            let refusal = await requests.refusal(error, request, context)
            metrics.tokenRequest(grant: grantName, result: refusal.error.code.wireValue)
            return CrossOrigin.allow(proofs.completed(refusal.response, refusal.error, context))
        }
    }

    private func answer(_ body: [UInt8], _ proof: VerifiedProof?, _ context: RequestContext) -> Response {
        guard let nonce = proofs.verification.nextNonce(after: proof, context.now) else {
            return CrossOrigin.json(body)
        }
        return CrossOrigin.allow(.json(body)).bringing(nonce: nonce)
    }

    private func offer(_ form: FormParameters) throws(OAuthError) -> Offer {
        let type = GrantType(rawValue: try form.required("grant_type"))
        guard let offer = offers.first(where: { $0.declaration.type == type && $0.grant.accepts(form) }) else {
            throw OAuthError(.unsupportedGrantType, "this grant_type is not supported")
        }
        return offer
    }

    private func client(
        _ request: Request,
        _ form: FormParameters,
        _ declaration: GrantDeclaration,
        _ context: RequestContext
    ) async throws(OAuthError) -> Client? {
        if case .optional = declaration.client, !requests.namesClient(request, form) { return nil }
        let client = try await requests.client(request, form, context)
        try declaration.check(client)
        return client
    }
}

extension TokenEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                .post,
                Self.path,
                name: "token",
                origins: .all,
                advertisement: .init(member: "token_endpoint", authentication: .every),
                operation
            )
        ]
    }

    // What it says about each grant is the grant's declaration.
    private var operation: OpenAPIOperation {
        let grants = offers.map(\.declaration)
        return OpenAPIOperation(
            id: "token",
            summary: "Issues tokens: \(grants.types.map(\.rawValue).joined(separator: ", ")).",
            details: grants.map { "`\($0.type.rawValue)`: \($0.summary)" }.joined(separator: "\n\n"),
            parameters: [.proof],
            body: .form(required: ["grant_type"], optional: OpenAPIOperation.clientFields + grants.parameters),
            security: ["clientBasic"],
            responses: [
                (200, .json("Tokens", .tokenResponse)), (400, .error("The grant or the request is refused")),
                (401, .error("The client is unknown or not authenticated")), (403, .error("Access is denied")),
                (429, OpenAPIOperation.throttled), (500, OpenAPIOperation.failed), (503, OpenAPIOperation.unavailable),
            ]
        )
    }
}

extension OpenAPISchema {
    fileprivate static let tokenResponse = OpenAPISchema(
        "TokenResponse",
        required: ["access_token", "token_type"],
        [
            "access_token": ["type": "string"], "token_type": ["type": "string"],
            "expires_in": ["type": "integer", "minimum": 0], "scope": ["type": "string"],
            "refresh_token": ["type": "string"], "refresh_token_timeout": ["type": "integer", "minimum": 0],
            "authorization_expires_in": ["type": "integer", "minimum": 0], "id_token": ["type": "string"],
            "issued_token_type": ["type": "string"],
        ]
    )
}
