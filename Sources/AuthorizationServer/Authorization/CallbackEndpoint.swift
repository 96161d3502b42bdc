import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
package import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Core 1.0 §3.1.2.5 as relying party: an upstream provider's answer, in the browser that approved.
///
/// State, browser and provider are checked before the login is taken, so that a stray or hostile callback disturbs no
/// login (D-51, D-53, D-65).
package struct CallbackEndpoint: Endpoint {
    let upstreams: UpstreamDirectory
    let logins: Logins
    let answers: CallbackAnswers
    let posted: PostedCallback
    let cookies: BrowserCookies

    /// The longest parameter of an upstream answer, in bytes (UP-3).
    static let parameterByteCountMax = 4096
    /// The longest code, in bytes: some providers put the whole login into it.
    static let codeByteCountMax = 16_384

    /// Takes the answer and continues the login, or explains what is wrong.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        guard let name = request.pathParameter, let provider = upstreams[name] else {
            return logins.flow.refuse("", reason: "unknown_upstream", .unknownUpstream, .notFound, context)
        }
        guard let answer = answer(request, of: provider, now: context.now) else {
            return logins.flow.refuse(name, reason: "malformed", .badCallback, .badRequest, context)
        }
        guard let key = repeatKey(answer, name, request) else {
            return await process(answer, provider, request, context).response
        }
        return await answers.answer(key, now: context.now) {
            await process(answer, provider, request, context)
        }
    }

    /// What a second load by the same browser has in common with the first; `nil` for a browser without the login's
    /// cookie, whose loads have nothing in common.
    private func repeatKey(_ answer: UpstreamCallback, _ upstream: String, _ request: Request) -> SHA256Digest? {
        let state = answer.state.hash
        let proofs = [cookies.flowBinding(request, state: state)?.wireValue, cookies.pageLogin(request, state: state)]
        guard proofs.contains(where: { $0 != nil }) else { return nil }
        var writer = BinaryWriter(reserving: 512)
        writer.write(upstream)
        for value in [answer.state.wireValue, answer.code, answer.error, answer.issuer] + proofs {
            writer.write(value) { $0.write($1) }
        }
        return SHA256.hash(writer.bytes)
    }

    private func process(
        _ answer: UpstreamCallback,
        _ provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> CallbackAnswers.Outcome {
        let outcome = await logins.flow.take(answer, at: provider, request, context)
        return .init(response: await logins.respond(to: outcome, request, context), isFinal: outcome.isFinal)
    }

    private func parameters(
        _ request: Request,
        of provider: UpstreamProvider,
        now: Timestamp
    ) -> FormParameters? {
        // Whatever is wrong with the query, the answer is unusable.
        guard let query = request.query, let parameters = try? FormParameters(query: query) else { return nil }
        guard provider.callbackMethod == .formPost, parameters.names.contains(PostedCallback.parameter) else {
            return parameters
        }
        // Different parsers read a repeated parameter differently (CVE-2026-9689).
        guard parameters.names.count == 1, let sealed = try? parameters.single(PostedCallback.parameter) else {
            return nil
        }
        return posted.open(sealed, for: provider.name, now: now)
    }

    private func answer(_ request: Request, of provider: UpstreamProvider, now: Timestamp) -> UpstreamCallback? {
        guard let parameters = parameters(request, of: provider, now: now) else { return nil }
        var values: [String: String] = [:]
        for name in ["state", "code", "error", "iss"] {
            // Different parsers read a repeated parameter differently (CVE-2026-9689).
            guard let value = try? parameters.single(name) else {
                guard parameters.values(name).isEmpty else { return nil }
                continue
            }
            let byteCountMax = name == "code" ? Self.codeByteCountMax : Self.parameterByteCountMax
            guard value.utf8.count <= byteCountMax else { return nil }
            values[name] = value
        }
        guard !parameters.duplicatedNames.contains(where: { ["state", "code", "error", "iss"].contains($0) }),
            let state = values["state"]
        else { return nil }
        return UpstreamCallback(
            state: UpstreamState(wireValue: state),
            code: values["code"],
            error: values["error"],
            // Repeated or not, it decides nothing.
            errorDescription: parameters.values("error_description").first,
            issuer: values["iss"],
            fields: provider.fields(ofCallback: parameters)
        )
    }
}

extension CallbackEndpoint {
    /// The path of all callbacks, relative to the issuer; the upstream's name follows.
    package static let path = EndpointPath.callback

    var surfaces: [Surface] {
        [Surface(.get, Self.path + "/{upstream}", name: "callback", origins: .refused, Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "callback",
        summary: "Receives an identity provider's answer.",
        parameters: [
            .upstreamInPath, OpenAPIParameter(name: "state"), OpenAPIParameter(name: "code"),
            OpenAPIParameter(name: "error"), OpenAPIParameter(name: "iss"),
        ],
        responses: [
            (302, .empty("Redirect to the next provider, or back to the client")),
            (400, .page("The answer is invalid")), (403, .page("The login was started in another browser")),
            (404, OpenAPIResponse.page("The provider does not exist").merging(.error("The path does not exist"))),
            (429, .page("Too many metadata documents were requested")),
            (502, .page("The client's metadata document could not be fetched")),
        ]
    )
}
