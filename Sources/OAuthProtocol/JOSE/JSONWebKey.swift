package import OpenSSLCrypto

/// RFC 7517: JSON Web Key; a public key that verifies signatures, with its parameters.
package struct JSONWebKey: Sendable, Equatable {
    /// The key.
    package let publicKey: PublicKey
    /// The `kid` that tokens name it by.
    package let keyID: String?
    /// The only algorithm that it may be used with; `nil` if its set names none.
    package let algorithm: SignatureAlgorithm?
    /// Its use: `sig`, or `nil` if its set names none.
    package let use: String?

    /// The first segment of the access tokens that it signs, if it is our own key; spares parsing their header.
    let accessTokenHeader: [UInt8]

    /// The public form of our own key.
    package init(publicKey: PublicKey, keyID: String?, algorithm: SignatureAlgorithm?) {
        self.init(publicKey: publicKey, keyID: keyID, algorithm: algorithm, use: "sig")
    }

    init(publicKey: PublicKey, keyID: String?, algorithm: SignatureAlgorithm?, use: String?) {
        self.publicKey = publicKey
        self.keyID = keyID
        self.algorithm = algorithm
        self.use = use
        accessTokenHeader =
            if let keyID, let algorithm {
                JOSEHeader(algorithm: algorithm, keyID: keyID, type: SigningKey.accessTokenType).encoded()
            } else {
                []
            }
    }

    /// Whether the key may verify signatures of an algorithm: by its type, and by its `alg` if present.
    package func supports(_ algorithm: SignatureAlgorithm) -> Bool {
        (self.algorithm ?? algorithm) == algorithm && publicKey.supports(algorithm)
    }
}

// MARK: - Reading

extension JSONWebKey {
    /// RFC 7518 §6, RFC 8037 §2: the members of every type that make a key private.
    private static let privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

    /// Reads a key of another party's set.
    ///
    /// - Throws: ``JOSEError/unsupportedKey`` for a key that does not verify supported signatures,
    ///   ``JOSEError/privateKey`` for one that discloses its secret, ``JOSEError/invalidKey`` for one that is unsound.
    package init(_ json: JSONObject) throws(JOSEError) {
        let components = try JSONWebKey.components(json)
        guard !JSONWebKey.privateMembers.contains(where: { json[$0] != nil }) else { throw .privateKey }
        try JSONWebKey.checkUse(json)
        let algorithm = try JSONWebKey.algorithm(json)
        let publicKey: PublicKey
        do {
            publicKey = try PublicKey(components)
        } catch {
            throw .invalidKey
        }
        if let algorithm, !publicKey.supports(algorithm) { throw .invalidKey }
        let keyID: String?
        do {
            keyID = try JOSEHeader.shortText("kid", of: json, byteCountMax: JOSEHeader.keyIDByteCountMax)
        } catch {
            throw .invalidKey
        }
        self.init(publicKey: publicKey, keyID: keyID, algorithm: algorithm, use: json["use"]?.stringValue)
    }

    private static func components(_ json: JSONObject) throws(JOSEError) -> PublicKey.Components {
        guard let type = json["kty"]?.stringValue else { throw .invalidKey }
        let curve = json["crv"]?.stringValue
        switch (type, curve) {
        case ("EC", "P-256"): return .p256(x: try bytes("x", of: json), y: try bytes("y", of: json))
        case ("EC", "P-384"): return .p384(x: try bytes("x", of: json), y: try bytes("y", of: json))
        case ("EC", "P-521"): return .p521(x: try bytes("x", of: json), y: try bytes("y", of: json))
        case ("OKP", "Ed25519"): return .ed25519(x: try bytes("x", of: json))
        case ("RSA", _): return .rsa(modulus: try bytes("n", of: json), exponent: try bytes("e", of: json))
        default: throw .unsupportedKey
        }
    }

    private static func bytes(_ name: String, of json: JSONObject) throws(JOSEError) -> [UInt8] {
        guard let text = json[name]?.stringValue, let bytes = Base64URL.decode(text), !bytes.isEmpty else {
            throw .invalidKey
        }
        return bytes
    }

    /// RFC 7517 §4.2, §4.3: a key for encryption does not verify signatures.
    private static func checkUse(_ json: JSONObject) throws(JOSEError) {
        if let use = json["use"], use != "sig" { throw .unsupportedKey }
        if let operations = json["key_ops"] {
            guard operations.stringArrayValue?.contains("verify") == true else { throw .unsupportedKey }
        }
    }

    private static func algorithm(_ json: JSONObject) throws(JOSEError) -> SignatureAlgorithm? {
        guard let value = json["alg"] else { return nil }
        guard let name = value.stringValue, let algorithm = SignatureAlgorithm(joseName: name) else {
            throw .unsupportedKey
        }
        return algorithm
    }
}

// MARK: - Writing

extension JSONWebKey {
    /// The key for a JWK Set, public members only (MD-9).
    package var json: JSONObject {
        var json = JSONObject()
        for (name, value) in JSONWebKey.requiredMembers(of: publicKey) { json[name] = .string(value) }
        json["kid"] = keyID.map(JSONValue.string)
        json["use"] = "sig"
        json["alg"] = (algorithm?.rawValue).map(JSONValue.string)
        return json
    }

    /// RFC 7638: JSON Web Key Thumbprint, base64url of SHA-256.
    package static func thumbprint(of publicKey: PublicKey) -> String {
        Base64URL.encode(thumbprintDigest(of: publicKey).bytes)
    }

    static func thumbprintDigest(of publicKey: PublicKey) -> SHA256Digest {
        // RFC 7638 §3.2: the required members and nothing else, in lexicographic order, without whitespace.
        let canonical = JSONObject(requiredMembers(of: publicKey).map { ($0.name, .string($0.value)) })
        return SHA256.hash(canonical.serialized())
    }

    /// The members that define the key, in lexicographic order.
    private static func requiredMembers(of publicKey: PublicKey) -> [(name: String, value: String)] {
        switch publicKey.components {
        case .p256(let x, let y):
            [("crv", "P-256"), ("kty", "EC"), ("x", Base64URL.encode(x)), ("y", Base64URL.encode(y))]
        case .p384(let x, let y):
            [("crv", "P-384"), ("kty", "EC"), ("x", Base64URL.encode(x)), ("y", Base64URL.encode(y))]
        case .p521(let x, let y):
            [("crv", "P-521"), ("kty", "EC"), ("x", Base64URL.encode(x)), ("y", Base64URL.encode(y))]
        case .ed25519(let x):
            [("crv", "Ed25519"), ("kty", "OKP"), ("x", Base64URL.encode(x))]
        case .rsa(let modulus, let exponent):
            [("e", Base64URL.encode(exponent)), ("kty", "RSA"), ("n", Base64URL.encode(modulus))]
        }
    }
}
