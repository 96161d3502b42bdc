import OAuthProtocol

/// UP-2: which issuers this provider's document and tokens may name.
///
/// All comparisons are by bytes: an issuer that merely looks the same is a different one.
struct IssuerRule: Sendable {
    /// The issuer that the operator configured.
    let configured: String
    private let aliases: [String]
    private let tenant: IssuerTenant?
    /// The configured issuer with the marker in place of its tenant.
    private let template: String?
    private let acceptsSeveralTenants: Bool

    /// The rule for a configured issuer.
    init(configured: String, behaviour: UpstreamBehaviour) {
        self.configured = configured
        aliases = behaviour.issuerAliases
        tenant = behaviour.issuerTenant
        guard let tenant = behaviour.issuerTenant, let segment = IssuerRule.firstSegment(of: configured) else {
            template = nil
            acceptsSeveralTenants = false
            return
        }
        template = String(configured[..<segment.lowerBound]) + tenant.marker + configured[segment.upperBound...]
        acceptsSeveralTenants = tenant.severalTenants.contains(String(configured[segment]))
    }

    /// The namespace of the provider's subjects: the template, if there is one, so that restricting a provider of
    /// several tenants to one of them later does not turn its users into new ones.
    var identityNamespace: String { template ?? configured }

    /// OpenID Connect Discovery 1.0 §4.3: the issuer in the document must be the one whose document was requested;
    /// otherwise any document could claim to describe it.
    func accepts(documentIssuer: String) -> Bool {
        if acceptsSeveralTenants, let template { return documentIssuer.hasSameBytes(as: template) }
        return documentIssuer.hasSameBytes(as: configured)
    }

    /// OpenID Connect Core 1.0 §3.1.3.7 rule 2: the issuer of a token, together with the token's claims.
    func accepts(tokenIssuer: String, claims: JSONObject) -> Bool {
        if acceptsSeveralTenants, let template, let tenant {
            // D-64: a token of one tenant must not claim another one.
            guard let name = claims[tenant.claim]?.stringValue, IssuerRule.isTenantName(name) else { return false }
            return tokenIssuer.hasSameBytes(as: IssuerRule.replacing(tenant.marker, in: template, with: name))
        }
        return ([configured] + aliases).contains { tokenIssuer.hasSameBytes(as: $0) }
    }

    /// RFC 9207 §2.4: the issuer in an authorization response.
    func accepts(parameter: String) -> Bool {
        if acceptsSeveralTenants, let template, let tenant, let range = IssuerRule.firstSegment(of: parameter) {
            let name = String(parameter[range])
            return IssuerRule.isTenantName(name)
                && parameter.hasSameBytes(as: IssuerRule.replacing(tenant.marker, in: template, with: name))
        }
        return parameter.hasSameBytes(as: configured)
    }

    private static func firstSegment(of url: String) -> Range<String.Index>? {
        guard let uri = URIReference(url), uri.host != nil, uri.path.count > 1 else { return nil }
        guard let scheme = url.range(ofASCII: "://"),
            let slash = url[scheme.upperBound...].firstIndex(of: "/")
        else { return nil }
        let start = url.index(after: slash)
        let end = url[start...].firstIndex(of: "/") ?? url.endIndex
        return start < end ? start..<end : nil
    }

    private static func replacing(_ marker: String, in template: String, with text: String) -> String {
        guard let range = template.range(ofASCII: marker) else { return template }
        return String(template[..<range.lowerBound]) + text + template[range.upperBound...]
    }

    /// A tenant is named by a UUID; anything else could change the structure of the URL that contains it.
    private static func isTenantName(_ text: String) -> Bool {
        text.utf8.count == 36
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || byte == UInt8(ascii: "-")
            }
    }
}

extension String {
    /// Where an ASCII text first occurs.
    fileprivate func range(ofASCII text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].utf8.starts(with: text.utf8) {
                return start..<utf8.index(start, offsetBy: text.utf8.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
