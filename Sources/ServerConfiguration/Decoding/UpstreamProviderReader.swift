import UpstreamIdentity

/// Reads which provider an upstream is and where it is: `preset`, or `type`, with the keys that belong to it.
struct UpstreamProviderReader {
    let section: ConfigurationCursor
    let allowsInsecureHTTP: Bool

    /// A row of the preset table, and what takes the place of its addresses.
    struct Provider {
        var preset: UpstreamPreset
        var issuer: String?
        var endpoints = UpstreamEndpointOverrides()
    }

    /// The provider, or `nil` after what is wrong was reported.
    func provider() -> Provider? {
        guard let preset = preset() else { return nil }
        checkKeys(of: preset)
        return Provider(
            preset: preset,
            issuer: section["issuer"].flatMap(issuer),
            endpoints: UpstreamEndpointOverrides(
                authorization: section["authorization_endpoint"].flatMap(endpoint),
                token: section["token_endpoint"].flatMap(endpoint),
                revocation: section["revocation_endpoint"].flatMap(endpoint),
                userInfo: section["userinfo"]?.section().flatMap(userInfo)
            )
        )
    }

    private func preset() -> UpstreamPreset? {
        switch (section["preset"], section["type"]) {
        case (let preset?, nil): preset.choice(among: UpstreamPreset.all, named: \.name)
        case (nil, let type?): type.choice(among: [.oidc, .oauth2], named: \UpstreamPreset.name)
        case (_?, let type?): type.refused("preset and type must not be used together")
        case (nil, nil): section.refused("needs a preset, or a type: oidc or oauth2")
        }
    }

    private func checkKeys(of preset: UpstreamPreset) {
        if preset == .oidc {
            // Discovery names the endpoints; a configured one would be ignored, which nobody expects.
            for key in ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo"] {
                section[key]?.refuse("is only for type: oauth2; with oidc it is discovered from the issuer")
            }
        }
        if preset == .oauth2 {
            section["issuer"]?.refuse("is only for type: oidc; with oauth2 configure the endpoints")
            for key in ["authorization_endpoint", "token_endpoint", "userinfo"] { _ = section.required(key) }
        }
        if preset == .oidc {
            _ = section.required("issuer")
        } else if preset.needsIssuer {
            _ = section.required("issuer", or: "\(preset.name) has many sites; the issuer names yours")
        }
    }

    private func userInfo(_ section: ConfigurationCursor) -> UserInfoMapping? {
        let endpoint = section.required("endpoint").flatMap(endpoint)
        let subject = section["subject"].flatMap(fields)
        let name = section["name"].flatMap(fields)
        let email = section["email"].flatMap(fields)
        return endpoint.map {
            UserInfoMapping(
                endpoint: $0,
                subject: subject ?? ["sub"],
                name: name ?? ["name"],
                email: email ?? ["email"]
            )
        }
    }

    private func fields(_ list: ConfigurationCursor) -> [String]? {
        guard let names = list.strings() else { return nil }
        return names.isEmpty ? list.refused("must name at least one field") : names
    }

    private func endpoint(_ cursor: ConfigurationCursor) -> String? {
        cursor.string { ConfigurationRules.endpointObjection($0, allowsInsecureHTTP: allowsInsecureHTTP) }
    }

    private func issuer(_ cursor: ConfigurationCursor) -> String? {
        cursor.string { ConfigurationRules.upstreamIssuerObjection($0, allowsInsecureHTTP: allowsInsecureHTTP) }
    }
}
