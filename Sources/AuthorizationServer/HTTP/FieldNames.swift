import HTTPTypes

extension HTTPField.Name {
    /// RFC 7239's forerunner, in which proxies name the addresses that they forwarded for.
    static let xForwardedFor = HTTPField.Name(literal: "x-forwarded-for")
    /// The Referrer Policy of a page (W3C Referrer Policy §4.1).
    static let referrerPolicy = HTTPField.Name(literal: "referrer-policy")
    /// RFC 7034.
    static let xFrameOptions = HTTPField.Name(literal: "x-frame-options")
    /// Cross-Origin-Opener-Policy (HTML Standard §7.1.3).
    static let crossOriginOpenerPolicy = HTTPField.Name(literal: "cross-origin-opener-policy")
    /// Fetch Metadata: where a request was started from (W3C Fetch Metadata Request Headers §2.1).
    static let secFetchSite = HTTPField.Name(literal: "sec-fetch-site")

    /// Forward authentication: the user that a request acts for.
    static let xAuthSubject = HTTPField.Name(literal: "x-auth-subject")
    /// Forward authentication: the client that acts.
    static let xAuthClient = HTTPField.Name(literal: "x-auth-client")
    /// Forward authentication: what it may do.
    static let xAuthScope = HTTPField.Name(literal: "x-auth-scope")
    /// Forward authentication: the session; a handle, never a credential (VT-1).
    static let xAuthSession = HTTPField.Name(literal: "x-auth-session")
    /// Forward authentication: proves that the proxy asks.
    static let xGatehouseProxySecret = HTTPField.Name(literal: "x-gatehouse-proxy-secret")
    /// Forward authentication: the resource, where the path is not the proxy's own.
    static let xGatehouseResource = HTTPField.Name(literal: "x-gatehouse-resource")

    // A name that stands in the source; an invalid one is our own mistake and shows at the first start.
    private init(literal name: StaticString) {
        guard let parsed = HTTPField.Name(name.description) else {
            preconditionFailure("not a field name: \(name)")
        }
        self = parsed
    }
}
