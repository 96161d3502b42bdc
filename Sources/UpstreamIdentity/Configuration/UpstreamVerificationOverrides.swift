package import OpenSSLCrypto

/// How a provider's answer to an authorization request comes back.
package enum CallbackMethod: String, CaseIterable, Hashable, Sendable {
    /// RFC 6749 §4.1.2: in the query of a redirect.
    case query
    /// OAuth 2.0 Form Post Response Mode 1.0: in a form that the browser posts.
    case formPost = "form_post"
}

/// What the operator says of a provider's documents, tokens and answers in place of its preset; `nil` or an empty list
/// leaves what the preset says.
package struct UpstreamVerificationOverrides: Hashable, Sendable {
    /// Where the discovery document is.
    package var discoveryURL: String?
    /// What `iss` in tokens may be.
    package var issuersInTokens: [String] = []
    /// Where the key set is.
    package var keySetURL: String?
    /// How answers come back.
    package var callbackMethod: CallbackMethod?
    /// Words by which the provider calls a refresh token dead, in addition to the preset's.
    package var deadGrantWords: [String] = []
    /// The algorithms that its tokens may be signed with.
    package var idTokenAlgorithms: [SignatureAlgorithm] = []
    /// The accepted difference between its clock and ours.
    package var clockSkew: Duration?

    /// Overrides nothing.
    package init() {}

    /// A preset's behaviour, with these values in its place.
    package func applied(to preset: UpstreamBehaviour) -> UpstreamBehaviour {
        var behaviour = preset
        behaviour.discoveryURL = discoveryURL ?? preset.discoveryURL
        if !issuersInTokens.isEmpty { behaviour.issuersInTokens = issuersInTokens }
        behaviour.keySetURL = keySetURL ?? preset.keySetURL
        behaviour.callbackMethod = callbackMethod ?? preset.callbackMethod
        behaviour.deadGrantWords.formUnion(deadGrantWords)
        if !idTokenAlgorithms.isEmpty { behaviour.idTokenAlgorithms = Set(idTokenAlgorithms) }
        if let clockSkew { behaviour.clockSkewSeconds = Int(clockSkew.components.seconds) }
        return behaviour
    }
}

extension UpstreamConfiguration {
    /// The keys by which the operator loosens a check of tokens, with what that means.
    var loosenedVerification: [UpstreamWarning] {
        var loosened: [UpstreamWarning] = []
        if let seconds = behaviour.clockSkewSeconds, seconds > IDTokenVerifier.usualClockSkewSeconds {
            loosened.append(
                UpstreamWarning(
                    key: "clock_skew",
                    text: "tokens are accepted up to \(seconds) s after they have expired"
                )
            )
        }
        if !behaviour.issuersInTokens.isEmpty {
            loosened.append(
                UpstreamWarning(
                    key: "issuer_in_tokens",
                    text: "tokens of another issuer than the configured one are accepted"
                )
            )
        }
        return loosened
    }

    /// Refuses at start documents and callbacks that could not work.
    func checkVerification() throws(UpstreamError) {
        for (url, what) in [(behaviour.discoveryURL, "discovery document"), (behaviour.keySetURL, "key set")] {
            guard let url else { continue }
            try UpstreamURL.check(url, what: "URL of the \(what)", allowsInsecureHTTP: allowsInsecureHTTP)
        }
        if let seconds = behaviour.clockSkewSeconds, !(0...600 ~= seconds) {
            throw UpstreamError(.misconfigured, "the clock skew must be from 0 s to 600 s")
        }
    }
}
