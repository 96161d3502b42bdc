import Foundations

extension AccessTokenClaims {
    /// Reads the payload of an access token, strictly, without building JSON values for the claims it knows.
    ///
    /// - Throws: ``JOSEError/malformed`` for input that is not a strict JSON object or repeats a member (D-34),
    ///   ``JOSEError/invalidClaim(_:)`` for a wrong type or range (D-38), ``JOSEError/missingClaim(_:)``.
    package init(parsing payload: [UInt8]) throws(JOSEError) {
        var reader = AccessTokenClaimsReader(payload)
        try reader.readMembers()
        self = try reader.claims()
    }
}

/// Reads claims member by member; the set of names seen detects duplicates.
struct AccessTokenClaimsReader {
    private var scanner: JSONScanner
    private var seen: UInt16 = 0
    private var issuer = ""
    private var subject = ""
    private var audience = ""
    private var clientID = ""
    private var scope = ""
    private var tokenID = ""
    private var sessionID: String?
    private var issuedAt = Timestamp(secondsSinceEpoch: 0)
    private var expiresAt = Timestamp(secondsSinceEpoch: 0)
    private var authenticatedAt: Timestamp?
    private var actor: JSONObject?
    private var boundKey: KeyThumbprint?
    private var additionalClaims = JSONObject()

    /// The bounds for claims that were mapped from elsewhere.
    private static let limits = JSONLimits(depth: 16, valueCount: 10_000)
    private static let additionalClaimCountMax = 100

    init(_ payload: [UInt8]) {
        scanner = JSONScanner(payload)
    }

    /// Reads the whole object.
    mutating func readMembers() throws(JOSEError) {
        scanner.skipWhitespace()
        try expect(UInt8(ascii: "{"))
        scanner.skipWhitespace()
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                try readMember()
                scanner.skipWhitespace()
            } while scanner.take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "}"))
        }
        scanner.skipWhitespace()
        guard scanner.next == nil else { throw .malformed }
    }

    /// The claims, if all required ones were present.
    func claims() throws(JOSEError) -> AccessTokenClaims {
        // RFC 9068 §2.2: the claims that every access token has.
        for name in [.issuer, .subject, .audience, .clientID, .tokenID, .issuedAt, .expiresAt] as [AccessTokenClaimName]
        where seen & name.bit == 0 {
            throw .missingClaim(name.rawValue)
        }
        return AccessTokenClaims(
            issuer: issuer,
            subject: subject,
            audience: audience,
            clientID: clientID,
            scope: scope,
            tokenID: tokenID,
            issuedAt: issuedAt,
            expiresAt: expiresAt,
            authenticatedAt: authenticatedAt,
            sessionID: sessionID,
            actor: actor,
            boundKey: boundKey,
            additionalClaims: additionalClaims
        )
    }

    private mutating func readMember() throws(JOSEError) {
        scanner.skipWhitespace()
        let token = try AccessTokenClaimsReader.strict { () throws(JSONError) in try scanner.stringToken() }
        // We never write a name with escapes; it must not hide a second `exp` from the set of names seen.
        let name = token.hasEscapes ? nil : AccessTokenClaimName(spelled: scanner.bytes.span.extracting(token.range))
        scanner.skipWhitespace()
        try expect(UInt8(ascii: ":"))
        scanner.skipWhitespace()
        guard let name else { return try readAdditional(token) }
        guard seen & name.bit == 0 else { throw .malformed }
        seen |= name.bit
        switch name {
        case .issuer: issuer = try text(name)
        case .subject: subject = try text(name)
        case .audience: audience = try text(name)
        case .clientID: clientID = try text(name)
        case .scope: scope = try text(name)
        case .tokenID: tokenID = try text(name)
        case .sessionID: sessionID = try text(name)
        case .issuedAt: issuedAt = try date(name)
        case .expiresAt: expiresAt = try date(name)
        case .authenticatedAt: authenticatedAt = try date(name)
        }
    }

    /// A non-empty string.
    private mutating func text(_ name: AccessTokenClaimName) throws(JOSEError) -> String {
        guard scanner.next == UInt8(ascii: "\"") else { throw .invalidClaim(name.rawValue) }
        let text = try AccessTokenClaimsReader.strict { () throws(JSONError) in try scanner.string() }
        guard !text.isEmpty else { throw .invalidClaim(name.rawValue) }
        return text
    }

    /// Whole seconds in plain digits: no sign, fraction, exponent or leading zero, at most ``NumericDate/max``.
    private mutating func date(_ name: AccessTokenClaimName) throws(JOSEError) -> Timestamp {
        let start = scanner.offset
        var seconds = 0
        while let byte = scanner.next, byte.isASCIIDigit {
            seconds = seconds * 10 + Int(byte - UInt8(ascii: "0"))
            guard seconds <= NumericDate.max else { throw .invalidClaim(name.rawValue) }
            scanner.offset += 1
        }
        let count = scanner.offset - start
        guard count > 0, count == 1 || scanner.bytes[start] != UInt8(ascii: "0") else {
            throw .invalidClaim(name.rawValue)
        }
        switch scanner.next {
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): throw .invalidClaim(name.rawValue)
        default: return Timestamp(secondsSinceEpoch: Int64(seconds))
        }
    }

    private mutating func readAdditional(_ token: JSONScanner.StringToken) throws(JOSEError) {
        let name = try AccessTokenClaimsReader.strict { () throws(JSONError) in try scanner.text(of: token) }
        if name == "act" { return try readActor() }
        if name == "cnf" { return try readBoundKey() }
        // We write none of the reserved names here, so one that occurs has a meaning that we would ignore.
        guard !AccessTokenClaims.reservedNames.contains(name) else { throw .invalidClaim(name) }
        guard additionalClaims[name] == nil, additionalClaims.count < AccessTokenClaimsReader.additionalClaimCountMax
        else { throw .malformed }
        additionalClaims[name] = try value()
    }

    private mutating func readActor() throws(JOSEError) {
        guard actor == nil else { throw .malformed }
        guard let object = try value().objectValue, object["sub"]?.stringValue?.isEmpty == false else {
            throw .invalidClaim("act")
        }
        actor = object
    }

    // RFC 7800 §3.1: another confirmation method than ours would be ignored, and the token would be a bearer token.
    private mutating func readBoundKey() throws(JOSEError) {
        guard boundKey == nil else { throw .malformed }
        guard let object = try value().objectValue, object.members.count == 1,
            let key = object["jkt"]?.stringValue.flatMap(KeyThumbprint.init)
        else { throw .invalidClaim("cnf") }
        boundKey = key
    }

    private mutating func value() throws(JOSEError) -> JSONValue {
        var reader = JSONReader(scanner: scanner, limits: AccessTokenClaimsReader.limits)
        let value = try AccessTokenClaimsReader.strict { () throws(JSONError) in try reader.value(depth: 1) }
        scanner = reader.scanner
        return value
    }

    private mutating func expect(_ byte: UInt8) throws(JOSEError) {
        guard scanner.take(byte) else { throw .malformed }
    }

    private static func strict<Value>(_ read: () throws(JSONError) -> Value) throws(JOSEError) -> Value {
        do {
            return try read()
        } catch {
            throw .malformed
        }
    }
}
