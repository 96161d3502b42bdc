package import HTTPTypes

extension HTTPField.Name {
    /// The predecessor of RFC 7239, in which proxies name the addresses that they forwarded for.
    static let xForwardedFor = HTTPField.Name(literal: "x-forwarded-for")
    /// W3C Trace Context §3.2.
    static let traceparent = HTTPField.Name(literal: "traceparent")
    /// The Referrer Policy of a page (W3C Referrer Policy §4.1).
    static let referrerPolicy = HTTPField.Name(literal: "referrer-policy")
    /// RFC 7034.
    static let xFrameOptions = HTTPField.Name(literal: "x-frame-options")
    /// Cross-Origin-Opener-Policy (HTML Standard §7.1.3).
    static let crossOriginOpenerPolicy = HTTPField.Name(literal: "cross-origin-opener-policy")
    /// RFC 9449 §4.1: the proof that the sender holds a key.
    static let dpop = HTTPField.Name(literal: "dpop")
    /// RFC 9449 §8: the nonce for the client's next proof.
    static let dpopNonce = HTTPField.Name(literal: "dpop-nonce")
    /// Which method a proxy's client used.
    static let xForwardedMethod = HTTPField.Name(literal: "x-forwarded-method")
    /// Which path and query a proxy's client used.
    static let xForwardedURI = HTTPField.Name(literal: "x-forwarded-uri")
    /// The host that the sender asked for (RFC 9110 §7.2).
    package static let host = HTTPField.Name(literal: "host")
    /// Fetch Metadata: which site a request was started from (W3C Fetch Metadata Request Headers §2.1).
    package static let secFetchSite = HTTPField.Name(literal: "sec-fetch-site")
    /// Fetch Standard §2.2.8: the browser loads before its user goes there.
    static let secPurpose = HTTPField.Name(literal: "sec-purpose")
    /// The predecessor of Sec-Purpose in Chromium and WebKit.
    static let purpose = HTTPField.Name(literal: "purpose")
    /// The predecessor of Sec-Purpose in Safari's previews.
    static let xPurpose = HTTPField.Name(literal: "x-purpose")
    /// The predecessor of Sec-Purpose in Firefox.
    static let xMoz = HTTPField.Name(literal: "x-moz")

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
    /// Forward authentication: where the user connects an upstream that no login visits.
    static let xGatehouseConnectURI = HTTPField.Name(literal: "x-gatehouse-connect-uri")
    /// Administration: the caller's name as it claims it, recorded in the audit trail.
    static let xGatehouseOperator = HTTPField.Name(literal: "x-gatehouse-operator")
    /// Forward authentication: the resource, if the path is not the proxy's own.
    static let xGatehouseResource = HTTPField.Name(literal: "x-gatehouse-resource")

    /// Forward authentication: the scopes that the token must have, if the path is not the proxy's own; may be empty.
    static let xGatehouseScope = HTTPField.Name(literal: "x-gatehouse-scope")

    // A name in the source code; an invalid one is a mistake of ours that shows at the first start.
    private init(literal name: StaticString) {
        guard let parsed = HTTPField.Name(name.description) else {
            preconditionFailure("not a field name: \(name)")
        }
        self = parsed
    }
}
