package import OAuthProtocol

/// Fields beside the token that a provider's API needs: Salesforce's `instance_url`, the `realmId` of QuickBooks'
/// callback.
package enum UpstreamFields {
    /// The most fields of one upstream.
    package static let countMax = 32
    /// The longest field, in bytes of its JSON.
    static let byteCountMax = 4096

    /// The names, as the last part of a path, that are never fields: what they name must not leave the vault.
    package static let forbiddenNames: Set<String> = [
        "access_token", "refresh_token", "id_token", "client_secret", "client_assertion", "code", "state",
        "code_verifier",
    ]

    /// The fields at these paths, each from the first source that has it; without tokens, at every depth.
    static func picked(_ paths: [String], from sources: [JSONObject]) -> JSONObject {
        var fields: JSONObject = [:]
        for path in paths {
            guard let value = sources.lazy.compactMap({ $0.firstValue(at: [path]) }).first else { continue }
            let kept = value.withoutTokens
            guard JSONObject([(path, kept)]).serialized().count <= byteCountMax else { continue }
            fields[path] = kept
        }
        return fields
    }

    /// Older fields, with the newer ones in their place.
    package static func merged(_ older: JSONObject, with newer: JSONObject) -> JSONObject {
        var fields = older
        for (name, value) in newer.members { fields[name] = value }
        return fields
    }
}

extension UpstreamProvider {
    /// The configured fields among the parameters of an authorization response.
    ///
    /// The browser delivers them, so they are used only where neither the token answer nor the user's data has them.
    /// A repeated parameter means different things to different readers, and counts as absent.
    package func fields(ofCallback parameters: FormParameters) -> JSONObject {
        var fields: JSONObject = [:]
        for name in configuration.behaviour.extras where !UpstreamFields.forbiddenNames.contains(name) {
            let values = parameters.values(name)
            guard values.count == 1, values[0].isFitForDisplay else { continue }
            fields[name] = .string(values[0])
        }
        return fields
    }
}

extension JSONObject {
    /// The object without its tokens, at every depth: claims and fields are stored and shown, tokens are not.
    var withoutTokens: JSONObject {
        JSONObject(
            members.lazy.filter { !$0.name.hasSuffix("token") && !$0.name.hasSuffix("secret") }
                .map { name, value in (name, value.withoutTokens) }
        )
    }
}

extension JSONValue {
    /// The value without the tokens of its objects.
    fileprivate var withoutTokens: JSONValue {
        switch self {
        case .object(let object): .object(object.withoutTokens)
        case .array(let values): .array(values.map(\.withoutTokens))
        case .null, .bool, .number, .string: self
        }
    }
}
