import OAuthProtocol
import UpstreamIdentity

/// Checks the keys for a provider's behaviour: what is given must mean something, and what protects a login must
/// remain.
struct UpstreamBehaviourCheck {
    let section: ConfigurationCursor

    /// Reports what does not go together, and completes what follows.
    func check(_ upstream: inout Configuration.Upstream) {
        checkIdentity(upstream)
        checkUserInfo(upstream)
        checkProofs(upstream)
        checkBasic(upstream)
        checkScopes(upstream)
        if section["extras"] != nil, (upstream.behaviour.extras ?? []).count > UpstreamFields.countMax {
            section["extras"]?.refuse("has more than \(UpstreamFields.countMax) fields")
        }
        // The generic row has no mapping that the operator's could complete.
        if upstream.preset == .oauth2 {
            upstream.endpoints.userInfo = upstream.endpoints.userInfoParts?.applied(to: nil)
        }
    }

    private func checkIdentity(_ upstream: Configuration.Upstream) {
        if upstream.preset.isOpenID {
            for key in ["identity", "identity_from_token"] {
                section[key]?.refuse("is only for OAuth 2.0; with OpenID Connect the ID token tells who the user is")
            }
            // For oidc itself this is reported with the other endpoints.
            guard upstream.preset != .oidc else { return }
            section["userinfo"]?.refuse("is only for OAuth 2.0; with OpenID Connect it is discovered from the issuer")
            return
        }
        if upstream.behaviour.identity == .absent {
            for key in ["userinfo", "identity_from_token"] { section[key]?.refuse("contradicts identity: none") }
        } else if section["userinfo"] != nil {
            section["identity_from_token"]?.refuse("must not be used together with userinfo")
        }
    }

    private func checkUserInfo(_ upstream: Configuration.Upstream) {
        guard !upstream.preset.isOpenID else { return }
        let parts = upstream.endpoints.userInfoParts
        if parts?.body != nil, parts?.method != .post {
            section["userinfo"]?["body"]?.refuse("needs method: POST")
        }
        // The tokens of a self-hosted site must not be sent to the public one.
        guard let known = upstream.preset.userInfoEndpoint, let token = upstream.endpoints.token,
            token != upstream.preset.tokenEndpoint, parts?.endpoint == nil,
            section["identity_from_token"] == nil, upstream.behaviour.identity != .absent
        else { return }
        let host = URIReference(known)?.host ?? known
        let reason = "the tokens of another site must not be sent to \(host)"
        if let userInfo = section["userinfo"] {
            userInfo.require("endpoint", or: reason)
        } else {
            section.reportMissing("userinfo.endpoint", reason)
        }
    }

    private func checkProofs(_ upstream: Configuration.Upstream) {
        if !upstream.preset.isOpenID {
            section["nonce"]?.refuse("is only for OpenID Connect")
        }
        guard upstream.behaviour.proofKey == .off else { return }
        // RFC 9700 §2.1.1: nothing else would protect the code.
        if upstream.tokenEndpointAuthMethod == TokenEndpointAuthenticationMethod.none {
            section["pkce"]?.refuse("off requires a client that authenticates, not token_endpoint_auth_method: none")
        } else if upstream.registration != nil {
            section["pkce"]?.refuse("off must not be used together with registration, which may yield a public client")
        }
    }

    private func checkBasic(_ upstream: Configuration.Upstream) {
        guard upstream.behaviour.basicEncoding == .raw else { return }
        if let method = upstream.tokenEndpointAuthMethod, method != .clientSecretBasic {
            section["basic_encoding"]?.refuse("is only for token_endpoint_auth_method: client_secret_basic")
        }
        // RFC 7617 §2: the first colon ends the id.
        if upstream.clientID?.contains(":") == true {
            section["basic_encoding"]?.refuse("raw cannot be used with a client_id that has a colon")
        }
    }

    private func checkScopes(_ upstream: Configuration.Upstream) {
        let behaviour = upstream.behaviour
        if behaviour.scopeSemantics == .permissions {
            section["unreported_scopes"]?.refuse("has no meaning with scope_semantics: none")
        }
        let own = behaviour.scopeParameter ?? upstream.preset.scopeParameter
        if behaviour.additionalScopes?.contains(where: { $0.name == own }) == true {
            section["additional_scopes"]?.refuse("names \(own), which carries scopes")
        }
        guard let separator = behaviour.scopeSeparator else { return }
        let scopes = (upstream.scopes ?? []) + (behaviour.additionalScopes ?? []).flatMap(\.scopes)
        if let scope = scopes.first(where: { $0.contains(separator.rawValue) }) {
            section["scope_separator"]?.refuse("is part of the scope \(scope)")
        }
    }
}
