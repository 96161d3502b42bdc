/// Why a token or a key was refused; names rules and claims, never the sender's data.
package enum JOSEError: Error, Hashable, Sendable {
    /// Longer than the bound.
    case tooLarge
    /// Not three base64url segments around JSON objects, or JSON that is not strict (D-34).
    case malformed
    /// A header parameter of the wrong type or length.
    case invalidHeader(String)
    /// A header parameter that changes how a token is read, or contains a key (D-32, D-33).
    case unsupportedHeader(String)
    /// `none`, HMAC, or any other algorithm that the caller did not allow (D-30).
    case unsupportedAlgorithm
    /// A `typ` that the caller did not allow (D-36).
    case wrongType
    /// No key of the set matches `kid` and `alg` (D-31).
    case unknownKey
    /// Several keys fit, and the caller tries only one.
    case ambiguousKey
    /// The signature is not valid for the key (D-35).
    case invalidSignature
    /// A required claim is missing.
    case missingClaim(String)
    /// A claim has the wrong type or is out of range (D-38).
    case invalidClaim(String)
    /// The issuer is another one.
    case wrongIssuer
    /// `exp` has passed.
    case expired
    /// `nbf` or `iat` is in the future.
    case notYetValid
    /// A JWK of an unknown type, curve, algorithm or use.
    case unsupportedKey
    /// A JWK whose parameters are missing, of a wrong type, or not a sound key: off the curve, weak RSA (D-35).
    case invalidKey
    /// A JWK with private members, whose secret is thereby disclosed.
    case privateKey
    /// More keys than the bound.
    case tooManyKeys
}

extension JOSEError: CustomStringConvertible {
    /// One sentence for an error description: ASCII without quotes.
    package var description: String {
        switch self {
        case .tooLarge: "the token is too long"
        case .malformed: "the token is malformed"
        case .invalidHeader(let name): "the header parameter \(name) is invalid"
        case .unsupportedHeader(let name): "the header parameter \(name) is not accepted"
        case .unsupportedAlgorithm: "the signature algorithm is not accepted"
        case .wrongType: "the token has the wrong type"
        case .unknownKey: "the signing key is unknown"
        case .ambiguousKey: "several keys fit; the header needs the kid of one"
        case .invalidSignature: "the signature is invalid"
        case .missingClaim(let name): "the claim \(name) is missing"
        case .invalidClaim(let name): "the claim \(name) is invalid"
        case .wrongIssuer: "the token was issued by another issuer"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .unsupportedKey: "the key is of an unsupported type"
        case .invalidKey: "the key is invalid"
        case .privateKey: "the key contains private members"
        case .tooManyKeys: "the key set has too many keys"
        }
    }
}
