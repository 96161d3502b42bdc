import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// Whether a form was sent from our own page, as far as the browser reports it (CO-2, D-54).
enum FormOrigin {
    /// The Fetch standard's Origin is `null` from a page with `no-referrer`; then Sec-Fetch-Site must not report that
    /// the form came from another origin.
    ///
    /// Without both, cookie and sealed ticket decide alone.
    static func isOurs(_ request: Request, issuer: Issuer) -> Bool {
        // Another host of the same registrable domain (`same-site`) is another party, too.
        switch request[.secFetchSite] {
        case nil, "same-origin", "none": break
        default: return false
        }
        switch request[.origin] {
        case nil, "null": return true
        case let origin?: return origin == issuer.origin
        }
    }
}
