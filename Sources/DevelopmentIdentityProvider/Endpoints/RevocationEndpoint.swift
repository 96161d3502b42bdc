import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// Token revocation for both flavours.
///
/// RFC 7009 §2.
struct RevocationEndpoint: Sendable {
    let context: ProviderContext

    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        do throws(OAuthError) {
            guard RequestParameters.isForm(request), let form = RequestParameters.reading(body: request.body) else {
                throw OAuthError(.invalidRequest, "the body must be a form")
            }
            let clientID = try await ClientAuthenticator(context: context).clientID(of: request, form: form)
            guard let token = form.values("token").first else {
                throw OAuthError(.invalidRequest, "token is missing")
            }
            try await context.state.revoke(token, of: clientID)
            return .response(Response(status: .ok, headerFields: [.cacheControl: "no-store"]))
        } catch {
            return .error(error)
        }
    }
}
