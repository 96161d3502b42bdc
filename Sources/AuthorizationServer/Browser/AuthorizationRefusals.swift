import HTTPTypes
package import OAuthProtocol
import SocketHTTP

/// RFC 6749 §4.1.2.1 and RFC 9700 §4.11.2: how an authorization request is refused.
///
/// Before the redirect URI is verified: a page. After: a redirect, except that a self-registered https client gets a
/// page with a link. Otherwise anyone could register a client and use this server as an open redirector (FD-11, D-22).
package struct AuthorizationRefusals: Sendable {
    private let issuer: Issuer
    private let pages: PageRenderer

    /// Refusals of an issuer.
    package init(issuer: Issuer, pages: PageRenderer) {
        self.issuer = issuer
        self.pages = pages
    }

    /// The page for a request that must not be redirected (AZ-2, AZ-3).
    func page(_ error: AuthorizationPageError) -> Response {
        pages.error(ErrorPage(error.problem), status: Self.status(error))
    }

    // 400 tells a client that its registration is invalid, so it is not used for problems that may disappear in a
    // minute (CM-6, AZ-2).
    static func status(_ error: AuthorizationPageError) -> HTTPResponse.Status {
        switch error.problem {
        case .clientMetadataUnavailable: .badGateway
        case .clientMetadataThrottled: .tooManyRequests
        case .temporarilyUnavailable: .serviceUnavailable
        default: .badRequest
        }
    }

    /// The answer that carries an error to a verified redirect URI.
    func redirect(
        _ error: OAuthError,
        client: Client,
        redirectURI: String,
        state: String?,
        after method: HTTPRequest.Method
    ) -> Response {
        let location = AuthorizationResponse.failure(error, redirectURI: redirectURI, state: state, issuer: issuer)
        guard mayRedirectByItself(client, redirectURI) else {
            return pages.interstitial(InterstitialPage(error: error, client: client, location: location))
        }
        return .redirect(to: location, after: method)
    }

    private func mayRedirectByItself(_ client: Client, _ redirectURI: String) -> Bool {
        client.kind == .preRegistered || (URIReference(redirectURI)?.isLoopbackHTTP ?? false)
    }
}
