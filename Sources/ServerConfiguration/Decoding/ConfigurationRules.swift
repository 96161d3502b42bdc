import OAuthProtocol

/// The checks of single values; each returns what is wrong, as a message says it after the key's name, or `nil`.
package enum ConfigurationRules {
    /// RFC 6749 §3.3: one scope token.
    static func scopeObjection(_ text: String) -> String? {
        ScopeSet.isToken(text)
            ? nil : "\(text) is not a scope: printable characters without spaces, quotes, backslashes"
    }

    /// RFC 6749 Appendix A.1: a client id is printable ASCII; one with spaces could not be sent by HTTP Basic.
    ///
    /// It must not look like a user id, because both can be the `sub` of a token (D-46, RFC 9068 §5).
    static func clientIDObjection(_ text: String) -> String? {
        guard ClientAuthenticationRequest.isClientID(text) else {
            return "must be printable ASCII without spaces, at most 2048 characters"
        }
        return UserID(text) == nil ? nil : "has the form of a user id; choose another id"
    }

    /// The name of an upstream is a plain label, because it is part of a path and of `audience`.
    package static func upstreamNameObjection(_ text: String) -> String? {
        let isLabel =
            (1...63).contains(text.utf8.count) && !text.hasPrefix("-") && !text.hasSuffix("-")
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        return isLabel ? nil : "\(text) is not a name: lower-case letters, digits and inner hyphens, at most 63"
    }

    /// RFC 8707 §2: an absolute URI without fragment; https, which keeps tokens secret on the network, or loopback.
    package static func resourceObjection(_ text: String) -> String? {
        if ResourcePattern.isMeant(by: text) { return "must not have a star in its host" }
        guard ResourceCatalogue.comparisonForm(text) != nil, let uri = URIReference(text) else {
            return "must be an absolute URL without fragment or user information"
        }
        return uri.scheme == "https" || uri.isLoopbackHTTP ? nil : "must be https; http is allowed for loopback only"
    }

    /// A resource, or the pattern of a fleet.
    static func resourceOrFleetObjection(_ text: String) -> String? {
        guard ResourcePattern.isMeant(by: text) else { return resourceObjection(text) }
        return ResourcePattern(text) == nil
            ? "must be https, with stars as whole labels at the beginning of the host, before two labels or more" : nil
    }

    /// A private-use redirect that registration may accept by its exact bytes (FD-4), or a pattern `…/*` of them.
    static func privateUseRedirectObjection(_ text: String) -> String? {
        // The scheme alone is looked at: a pattern is no URI.
        let scheme = text.prefix { $0 != ":" }.lowercased()
        if scheme == "https" || scheme == "http" {
            return "is always allowed; this list is only for private-use schemes"
        }
        guard PrivateUsePattern.isMeant(by: text) else {
            return redirectObjection(text, policy: RedirectURI.Policy(allowedPrivateUse: [text]))
        }
        do {
            _ = try PrivateUsePattern(text)
            return nil
        } catch {
            return error.reason
        }
    }

    /// A redirect URI that registration would accept.
    static func redirectObjection(_ text: String, policy: RedirectURI.Policy) -> String? {
        do {
            try RedirectURI.validateForRegistration(text, policy: policy)
            return nil
        } catch {
            return error.reason
        }
    }

    /// A redirect URI whose client gets a secret: https and not loopback, where no other application can listen.
    static func confidentialRedirectObjection(_ text: String) -> String? {
        guard let uri = URIReference(text), uri.scheme == "https", !uri.isLoopbackHost else {
            return "must be https, and not on loopback"
        }
        return redirectObjection(text, policy: RedirectURI.Policy())
    }

    /// A domain as it is compared with the host of a client's URL: lower case, without dots at its ends.
    static func domainObjection(_ text: String) -> String? {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isDomain = labels.allSatisfy { label in
            !label.isEmpty
                && label.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        }
        return isDomain ? nil : "\(text) is not a domain: lower-case labels joined by dots, without scheme or wildcard"
    }

    /// A path for a Unix socket: the kernel takes 107 bytes, and a relative one depends on where the server starts.
    static func socketPathObjection(_ text: String) -> String? {
        guard text.hasPrefix("/"), !text.hasSuffix("/"), !text.utf8.contains(0) else {
            return "must be an absolute path"
        }
        return text.utf8.count <= 107 ? nil : "must have at most 107 bytes"
    }

    /// CM-1: a `client_id` that is the URL of a document; http on loopback serves an issuer there.
    static func metadataDocumentObjection(_ text: String) -> String? {
        do {
            _ = try ClientIDURL(text, allowsLoopback: true)
            return nil
        } catch {
            return error.reason
        }
    }

    /// A URL that we fetch or send a browser to.
    static func endpointObjection(_ text: String, allowsInsecureHTTP: Bool) -> String? {
        guard let uri = URIReference(text), let host = uri.host, !host.isEmpty,
            uri.scheme == "https" || uri.scheme == "http"
        else { return "must be an absolute https URL" }
        guard uri.fragment == nil, uri.userInformation == nil else {
            return "must not have a fragment or user information"
        }
        guard uri.scheme == "https" || allowsInsecureHTTP else {
            return "must be https; for development set allow_insecure_http: true"
        }
        return nil
    }

    /// An upstream issuer: an endpoint without query, compared as a string with what the provider says of itself.
    static func upstreamIssuerObjection(_ text: String, allowsInsecureHTTP: Bool) -> String? {
        if let objection = endpointObjection(text, allowsInsecureHTTP: allowsInsecureHTTP) { return objection }
        return URIReference(text)?.query == nil ? nil : "must not have a query"
    }

    /// The name of a claim that an upstream provider may fill: none by which tokens are bound, dated or addressed.
    static func claimNameObjection(_ text: String) -> String? {
        if AccessTokenClaims.reservedNames.contains(text) { return "\(text) is set by the server and cannot be mapped" }
        let isName =
            text.utf8.count <= 128 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        return isName ? nil : "\(text) is not the name of a claim: at most 128 printable characters without quotes"
    }

    /// The parameters of an authorization request that are ours to set; a fixed `state` or `nonce` would undo CSRF
    /// and replay protection.
    static let reservedAuthorizationParameters: Set<String> = [
        "response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce",
        "code_challenge", "code_challenge_method", "request", "request_uri",
    ]
}
