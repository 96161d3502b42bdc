package import OAuthProtocol

extension UpstreamPreset {
    /// The row as an entry of `upstreams[]` would say it, by configuration keys; values that every provider has are
    /// left out.
    package var row: JSONObject {
        var row: JSONObject = ["type": .string(isOpenID ? "oidc" : "oauth2")]
        switch kind {
        case .openID(let issuer): row["issuer"] = issuer.map(JSONValue.string)
        case .entered: return ["type": "static"]
        case .protectedServer: return ["type": "mcp"]
        case .chained: return ["type": "chained"]
        case .machine: return ["type": .string(name)]
        case .oauth2(let endpoints): if let endpoints { add(endpoints, to: &row) }
        }
        if !scopes.isEmpty { row["scopes"] = .strings(scopes) }
        switch clientAuthentication {
        case .basic: row["token_endpoint_auth_method"] = "client_secret_basic"
        case .post: row["token_endpoint_auth_method"] = "client_secret_post"
        case .automatic, .none, .privateKeyJWT: break
        }
        if !parameters.isEmpty {
            row["additional_authorization_parameters"] = .object(
                JSONObject(parameters.map { ($0.name, .string($0.value)) })
            )
        }
        addBehaviour(to: &row)
        return row
    }

    /// What the row does that no key of the configuration says, in words.
    package var particulars: [String] {
        let usual = UpstreamBehaviour()
        var words: [String] = []
        switch behaviour.verifiedEmail {
        case .claim(let name): words.append("an address counts as verified by the claim \(name)")
        case .never: words.append("no address counts as verified")
        case .listOfAddresses(let path): words.append("an address counts as verified by the list at \(path)")
        }
        switch behaviour.revocation {
        case .standard: break
        case .deleteWithJSON: words.append("tokens are revoked by DELETE with JSON")
        case .bearer: words.append("tokens are revoked by a request that they authorize")
        }
        if behaviour.assertionUse == .clientSecret { words.append("client_secret is a JWT that private_key signs") }
        if behaviour.assertionAudience == .tokenEndpoint { words.append("assertions are for the token endpoint") }
        if let tenant = behaviour.issuerTenant { words.append("one issuer per tenant, by the claim \(tenant.claim)") }
        if !behaviour.issuerAliases.isEmpty {
            words.append("tokens may also name \(behaviour.issuerAliases.joined(separator: ", "))")
        }
        if !behaviour.scopeDialect.implied.isEmpty || !behaviour.scopeDialect.aliases.isEmpty {
            words.append("scopes that include or rename others are known")
        }
        if behaviour.userInfoUse != usual.userInfoUse { words.append("userinfo is not asked") }
        return words
    }

    private func add(_ endpoints: OAuth2Endpoints, to row: inout JSONObject) {
        row["authorization_endpoint"] = .string(endpoints.authorization)
        row["token_endpoint"] = .string(endpoints.token)
        row["refresh_endpoint"] = endpoints.refresh.map(JSONValue.string)
        row["revocation_endpoint"] = endpoints.revocation.map(JSONValue.string)
        switch endpoints.identity {
        case .absent: row["identity"] = "none"
        case .tokenResponse(let paths): row["identity_from_token"] = .object(paths.row)
        case .userInfo(let mapping):
            var userInfo: JSONObject = ["endpoint": .string(mapping.endpoint)]
            if mapping.method != .get { userInfo["method"] = .string(mapping.method.rawValue) }
            userInfo["body"] = mapping.body.map(JSONValue.string)
            for (name, value) in mapping.paths.row.members { userInfo[name] = value }
            row["userinfo"] = .object(userInfo)
        }
    }

    private func addBehaviour(to row: inout JSONObject) {
        let usual = UpstreamBehaviour()
        if behaviour.scopeSemantics != usual.scopeSemantics {
            row["scope_semantics"] = .string(behaviour.scopeSemantics.rawValue)
        }
        if behaviour.scopeParameter != usual.scopeParameter {
            row["scope_parameter"] = .string(behaviour.scopeParameter)
        }
        if behaviour.scopeSeparator != usual.scopeSeparator {
            row["scope_separator"] = .string(behaviour.scopeSeparator)
        }
        if !behaviour.scopeDialect.unreported.isEmpty {
            row["unreported_scopes"] = .strings(behaviour.scopeDialect.unreported.sorted())
        }
        if behaviour.sendsScopesOnRefresh { row["send_scopes_on_refresh"] = true }
        if behaviour.tokenRequestFormat != usual.tokenRequestFormat {
            row["token_request_format"] = .string(behaviour.tokenRequestFormat.rawValue)
        }
        if behaviour.proofKey != usual.proofKey { row["pkce"] = .string(behaviour.proofKey.rawValue) }
        if behaviour.nonce != usual.nonce { row["nonce"] = .string(behaviour.nonce.rawValue) }
        if behaviour.tokenLayout != usual.tokenLayout {
            row["token_response"] = ["access_token": .strings(behaviour.tokenLayout.accessToken)]
        }
        if !behaviour.extras.isEmpty { row["extras"] = .strings(behaviour.extras) }
        if !behaviour.deadGrantWords.isEmpty { row["dead_grant_words"] = .strings(behaviour.deadGrantWords.sorted()) }
        if behaviour.callbackMethod != usual.callbackMethod {
            row["callback_method"] = .string(behaviour.callbackMethod.rawValue)
        }
    }
}

extension IdentityPaths {
    /// The paths by configuration keys; empty ones are left out.
    fileprivate var row: JSONObject {
        let paths = [
            ("tenant", tenant), ("subject", subject), ("account_name", accountName), ("name", name), ("email", email),
        ]
        return JSONObject(paths.filter { !$0.1.isEmpty }.map { ($0.0, .strings($0.1)) })
    }
}
