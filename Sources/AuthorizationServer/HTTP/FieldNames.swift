import HTTPTypes

extension HTTPField.Name {
    /// The predecessor of RFC 7239, in which proxies name the addresses that they forwarded for.
    static let xForwardedFor = HTTPField.Name(literal: "x-forwarded-for")
    /// The Referrer Policy of a page (W3C Referrer Policy §4.1).
    static let referrerPolicy = HTTPField.Name(literal: "referrer-policy")
    /// RFC 7034.
    static let xFrameOptions = HTTPField.Name(literal: "x-frame-options")
    /// Cross-Origin-Opener-Policy (HTML Standard §7.1.3).
    static let crossOriginOpenerPolicy = HTTPField.Name(literal: "cross-origin-opener-policy")
    /// Fetch Metadata: which site a request was started from (W3C Fetch Metadata Request Headers §2.1).
    static let secFetchSite = HTTPField.Name(literal: "sec-fetch-site")

    /// Forward authentication: the user that a request acts for.
    static let xAuthSubject = HTTPField.Name(literal: "x-auth-subject")
    /// Forward authentication: the client that acts.
    static let xAuthClient = HTTPField.Name(literal: "x-auth-client")
    /// Forward authentication: the granted scopes.
    static let xAuthScope = HTTPField.Name(literal: "x-auth-scope")
    /// Forward authentication: the session; a handle, never a credential (VT-1).
    static let xAuthSession = HTTPField.Name(literal: "x-auth-session")
    /// Forward authentication: authenticates the proxy.
    static let xGatehouseProxySecret = HTTPField.Name(literal: "x-gatehouse-proxy-secret")
    /// Forward authentication: the resource, if the path is not the proxy's own.
    static let xGatehouseResource = HTTPField.Name(literal: "x-gatehouse-resource")

    // A name in the source code; an invalid one is a mistake of ours that shows at the first start.
    private init(literal name: StaticString) {
        guard let parsed = HTTPField.Name(name.description) else {
            preconditionFailure("not a field name: \(name)")
        }
        self = parsed
    }
}
