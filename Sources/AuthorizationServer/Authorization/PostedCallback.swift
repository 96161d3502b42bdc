import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP
import UpstreamIdentity

/// A provider's answer that came as a form, on its way through a redirect to our own callback.
///
/// Another site's form brings no `SameSite=Lax` cookies, and weaker cookies would loosen the binding to the browser.
/// The answer is therefore sealed and sent once more, by a redirect that does bring them. The code is never readable in
/// an address, and state, cookie and provider are checked where every other answer is checked.
struct PostedCallback: Sendable {
    let sealing: PageSealing

    /// The parameter of the redirect.
    static let parameter = "answer"
    /// How long the redirect may take.
    static let lifetime: Duration = .seconds(60)

    /// Seals a form for one provider.
    func seal(_ form: [UInt8], for upstream: String, now: Timestamp) throws(OAuthError) -> String {
        var writer = BinaryWriter(reserving: form.count + 64)
        writer.write(upstream)
        writer.write(now + Self.lifetime)
        writer.write(form)
        return try sealing.seal(writer.bytes, for: .callback)
    }

    /// The parameters of the form; `nil` if it was sealed for another provider, too long ago, or not by us.
    func open(_ text: String, for upstream: String, now: Timestamp) -> FormParameters? {
        guard let bytes = sealing.open(text, for: .callback) else { return nil }
        var reader = BinaryReader(bytes)
        // What was sealed by another version of this program may have another form.
        guard let name = try? reader.string(), name.hasSameBytes(as: upstream),
            let expiry = try? reader.timestamp(), now < expiry, let form = try? reader.byteArray()
        else { return nil }
        return try? FormParameters(parsing: form)
    }
}

/// OAuth 2.0 Form Post Response Mode 1.0 §2: an upstream provider's answer as a form, for upstreams that are configured
/// so.
///
/// It takes nothing: the redirect that it answers with does.
struct PostedCallbackEndpoint: Endpoint {
    let issuer: Issuer
    let upstreams: UpstreamDirectory
    let callback: PostedCallback
    let pages: PageRenderer
    let audit: AuditTrail

    /// The longest form, in bytes: sealed, it must fit the request line of the redirect.
    static let formByteCountMax = 12_000

    var surfaces: [Surface] {
        [Surface(.post, CallbackEndpoint.path + "/{upstream}", name: "callback")]
    }

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard let name = request.pathParameter, let provider = upstreams[name] else {
            return pages.error(.unknownUpstream, status: .notFound)
        }
        guard provider.callbackMethod == .formPost else {
            return Response(status: .methodNotAllowed, headerFields: [.allow: "GET, HEAD", .cacheControl: "no-store"])
        }
        // Why a form cannot be sealed is logged where it matters: the person can only start again.
        let types = request.values(of: .contentType)
        guard types.count == 1, FormBody.mediaType(types[0]) == "application/x-www-form-urlencoded",
            request.body.count <= Self.formByteCountMax,
            let sealed = try? callback.seal(request.body, for: name, now: context.now)
        else {
            audit.record(.callbackRefused(name, reason: "malformed"), context: context)
            return pages.error(.badCallback, status: .badRequest)
        }
        let path = CallbackEndpoint.path + "/" + name
        return .redirect(to: issuer.url(path) + "?\(PostedCallback.parameter)=\(sealed)", after: request.method)
    }
}
