import OAuthProtocol
import Synchronization

/// UP-2: which issuers this provider's document and tokens may name.
///
/// All comparisons are by bytes: an issuer that merely looks the same is a different one. Only a tenant that is a UUID
/// is compared without case, because both spellings name the same one.
struct IssuerRule: Sendable {
    /// The issuer that the operator configured.
    let configured: String
    private let aliases: [String]
    /// What tokens name in place of the document's issuer, where the operator says so.
    private let inTokens: [String]
    private let hasNamedDocument: Bool
    private let tenant: IssuerTenant?
    /// The configured issuer with the marker in place of its tenant.
    private let template: String?
    private let acceptsSeveralTenants: Bool
    /// For a tenant that is configured by another name than its UUID, such as its domain: what the document resolved it
    /// to.
    private let resolved: ResolvedIssuer?

    /// The rule for a configured issuer.
    init(configured: String, behaviour: UpstreamBehaviour) {
        self.configured = configured
        aliases = behaviour.issuerAliases
        inTokens = behaviour.issuersInTokens
        hasNamedDocument = behaviour.discoveryURL != nil
        tenant = behaviour.issuerTenant
        guard let tenant = behaviour.issuerTenant, let segment = IssuerRule.firstSegment(of: configured) else {
            template = nil
            acceptsSeveralTenants = false
            resolved = nil
            return
        }
        template = String(configured[..<segment.lowerBound]) + tenant.marker + configured[segment.upperBound...]
        let name = String(configured[segment])
        acceptsSeveralTenants = tenant.severalTenants.contains(name)
        resolved = acceptsSeveralTenants || IssuerRule.isTenantName(name) ? nil : ResolvedIssuer()
    }

    /// The namespace of the provider's subjects: the template, if there is one, so that restricting a provider of
    /// several tenants to one of them later does not turn its users into new ones.
    var identityNamespace: String { template ?? configured }

    /// Whether the document must be fetched before tokens can be checked: only it tells which tenant a domain names.
    var isUnresolved: Bool { resolved.map { $0.value == nil } ?? false }

    /// Whether an issuer is one of the provider's tenants, and only the document tells if it is the configured one.
    func isUndecided(_ issuer: String) -> Bool {
        let folded = IssuerRule.folded(issuer)
        return isUnresolved && tenantName(in: folded).map { isIssuer(folded, of: $0) } ?? false
    }

    /// OpenID Connect Discovery 1.0 §4.3: the issuer in the document must be the one whose document was requested;
    /// otherwise any document could claim to describe it.
    ///
    /// The document of a tenant that is configured by its domain, or as `consumers`, has the tenant's UUID. It was
    /// requested from the configured URL, so it decides which tenant that is, and from then on tokens must be of that
    /// one (D-64).
    func accepts(documentIssuer: String) -> Bool {
        if acceptsSeveralTenants, let template { return documentIssuer.hasSameBytes(as: template) }
        let folded = IssuerRule.folded(documentIssuer)
        if folded.hasSameBytes(as: IssuerRule.folded(configured)) { return true }
        // The operator has named the document and both issuers: which of them is in which place does not matter.
        if hasNamedDocument, inTokens.contains(where: { documentIssuer.hasSameBytes(as: $0) }) { return true }
        guard let resolved, let name = tenantName(in: folded), isIssuer(folded, of: name) else { return false }
        resolved.set(folded)
        return true
    }

    /// OpenID Connect Core 1.0 §3.1.3.7 rule 2: the issuer of a token, together with the token's claims.
    func accepts(tokenIssuer: String, claims: JSONObject) -> Bool {
        let issuer = tenant == nil ? tokenIssuer : IssuerRule.folded(tokenIssuer)
        let claimed = tenant.flatMap { claims[$0.claim]?.stringValue?.lowercased() }
        if acceptsSeveralTenants {
            // D-64: a token of one tenant must not claim another one.
            guard let claimed, IssuerRule.isTenantName(claimed) else { return false }
            return isIssuer(issuer, of: claimed)
        }
        if !inTokens.isEmpty { return inTokens.contains { tokenIssuer.hasSameBytes(as: $0) } }
        if let resolved = resolved?.value {
            return issuer.hasSameBytes(as: resolved) && claimed.map { isIssuer(issuer, of: $0) } ?? true
        }
        return isConfigured(issuer)
    }

    /// RFC 9207 §2.4: the issuer in an authorization response.
    func accepts(parameter: String) -> Bool {
        let issuer = tenant == nil ? parameter : IssuerRule.folded(parameter)
        if acceptsSeveralTenants { return tenantName(in: issuer).map { isIssuer(issuer, of: $0) } ?? false }
        if let resolved = resolved?.value, issuer.hasSameBytes(as: resolved) { return true }
        // RFC 9207 §2: the issuer of the document; with an issuer of its own in tokens, a provider may name that one.
        if inTokens.contains(where: { parameter.hasSameBytes(as: $0) }) { return true }
        return issuer.hasSameBytes(as: tenant == nil ? configured : IssuerRule.folded(configured))
    }

    private func isConfigured(_ issuer: String) -> Bool {
        let own = tenant == nil ? configured : IssuerRule.folded(configured)
        return ([own] + aliases).contains { issuer.hasSameBytes(as: $0) }
    }

    /// Whether an issuer is the template with this tenant in place of the marker.
    private func isIssuer(_ issuer: String, of name: String) -> Bool {
        guard let template, let tenant else { return false }
        return issuer.hasSameBytes(as: IssuerRule.replacing(tenant.marker, in: template, with: name))
    }

    /// The tenant in an issuer; only a UUID is one.
    private func tenantName(in issuer: String) -> String? {
        guard let range = IssuerRule.firstSegment(of: issuer) else { return nil }
        let name = String(issuer[range])
        return IssuerRule.isTenantName(name) ? name : nil
    }

    /// The issuer with its tenant, if that is a UUID, in lower case.
    private static func folded(_ issuer: String) -> String {
        guard let range = firstSegment(of: issuer) else { return issuer }
        let name = issuer[range].lowercased()
        guard isTenantName(name) else { return issuer }
        return issuer[..<range.lowerBound] + name + issuer[range.upperBound...]
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
    static func isTenantName(_ text: String) -> Bool {
        text.utf8.count == 36
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || byte == UInt8(ascii: "-")
            }
    }
}

/// The issuer that a configured name was resolved to.
private final class ResolvedIssuer: Sendable {
    private let issuer = Mutex<String?>(nil)

    var value: String? { issuer.withLock { $0 } }

    func set(_ issuer: String) {
        self.issuer.withLock { $0 = issuer }
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
