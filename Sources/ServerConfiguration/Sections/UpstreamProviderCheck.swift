import UpstreamIdentity

/// Checks what says which provider an upstream is and where it is: `preset`, or `type`, with the keys that go with it.
struct UpstreamProviderCheck {
    let section: ConfigurationCursor

    /// Reports what is wrong for a row of the preset table.
    func check(_ preset: UpstreamPreset) {
        switch (section["preset"], section["type"]) {
        case (let named?, nil), (nil, let named?):
            // Of an unknown provider nothing more can be said.
            if !named.isRefused { checkKeys(of: preset) }
        case (_?, let type?): type.refuse("preset and type must not be used together")
        case (nil, nil): section.refuse("needs a preset, or a type: oidc, oauth2, mcp, static or chained")
        }
    }

    private func checkKeys(of preset: UpstreamPreset) {
        if !preset.isOpenID {
            section["global_revocation_jwt"]?.refuse("is only for OpenID Connect, whose discovery names the keys")
        }
        guard ![.entered, .mcp, .chained].contains(preset) else { return }
        if preset == .oidc {
            section.require("issuer")
            // Discovery names the endpoints; a configured one would be ignored without a word.
            for key in ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo"] {
                section[key]?.refuse("is only for type: oauth2; with oidc it is discovered from the issuer")
            }
        } else if preset == .oauth2 {
            section["issuer"]?.refuse("is only for type: oidc; with oauth2 configure the endpoints")
            for key in ["authorization_endpoint", "token_endpoint"] { section.require(key) }
            if section["identity_from_token"] == nil, section["identity"]?.text != IdentityUse.absent.rawValue {
                section.require("userinfo")
                section["userinfo"]?.require("endpoint")
            }
        } else if preset.needsIssuer {
            section.require("issuer", or: "\(preset.name) has many sites; the issuer names yours")
        }
        // Without an issuer there is no document that could name the endpoint.
        if !preset.isOpenID {
            section["registration"]?.require("endpoint", or: "this provider has no discovery document that names it")
        }
    }
}
