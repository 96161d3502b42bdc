package import OpenSSLCrypto

/// RFC 7517 §5: JWK Set.
package struct JSONWebKeySet: Sendable, Equatable {
    /// The keys, in the order of the set.
    package var keys: [JSONWebKey]

    /// Whose set is read: what strangers bring must cost us little.
    package enum Origin: Hashable, Sendable {
        /// A party that the operator chose: at most 100 keys, RSA up to 8192 bits.
        case configured
        /// A provider that serves many tenants or applications from one set: at most 512 keys.
        case provider
        /// A client that registered itself: at most 8 keys, RSA of at most 4096 bits with the exponent 65537.
        case stranger

        /// The most keys of a set.
        package var keyCountMax: Int {
            switch self {
            case .configured: 100
            case .provider: 512
            case .stranger: 8
            }
        }

        func permits(_ key: JSONWebKey) -> Bool {
            self != .stranger || key.publicKey.isCheap(rsaBitCountMax: 4096)
        }
    }

    /// Makes a set.
    package init(keys: [JSONWebKey]) {
        self.keys = keys
    }

    /// Reads another party's set.
    ///
    /// Keys that do not verify supported signatures are skipped (RFC 7517 §5), and so are unsound and private ones,
    /// which must not be trusted.
    ///
    /// - Throws: ``JOSEError/malformed`` or ``JOSEError/tooManyKeys``.
    package init(parsing bytes: [UInt8], from origin: Origin = .configured) throws(JOSEError) {
        let json: JSONObject
        do {
            json = try JSONParser.parseObject(bytes)
        } catch {
            throw .malformed
        }
        try self.init(json, from: origin)
    }

    /// Reads another party's set from the member `jwks` of client metadata.
    ///
    /// - Throws: As ``init(parsing:from:)``.
    package init(_ json: JSONObject, from origin: Origin = .configured) throws(JOSEError) {
        guard let elements = json["keys"]?.arrayValue else { throw .malformed }
        guard elements.count <= origin.keyCountMax else { throw .tooManyKeys }
        keys = elements.compactMap { element in
            // A refused key is treated as if it were not in the set; the reason is not needed.
            element.objectValue.flatMap { try? JSONWebKey($0) }.flatMap { origin.permits($0) ? $0 : nil }
        }
    }

    /// The keys that may have signed a token with this `kid` and `alg`.
    ///
    /// If no key has the `kid`, keys without one match; a token without `kid` matches every key of its type.
    package func candidates(keyID: String?, algorithm: SignatureAlgorithm) -> [JSONWebKey] {
        let suitable = keys.filter { $0.supports(algorithm) }
        guard let keyID else { return suitable }
        let named = suitable.filter { $0.keyID?.hasSameBytes(as: keyID) == true }
        return named.isEmpty ? suitable.filter { $0.keyID == nil } : named
    }

    /// The set as a JSON text, public members only (MD-9).
    package func serialized() -> [UInt8] {
        JSONObject([("keys", .array(keys.map { .object($0.json) }))]).serialized()
    }
}
