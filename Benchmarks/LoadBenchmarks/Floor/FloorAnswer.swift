import BenchmarkSupport
import OAuthProtocol

/// What a floor server answers: our own server's answer, byte for byte, so that both send as much.
struct FloorAnswer {
    let bytes: [UInt8]
    /// The part that is signed anew for each answer, up to the dot before its signature; nil for a constant answer.
    let signed: Range<Int>?

    /// An answer as it came; with `isSigned`, its access token's signature is made anew each time.
    init(_ answer: Answer, isSigned: Bool) throws {
        bytes = answer.raw
        guard isSigned else {
            signed = nil
            return
        }
        let token = try answer.member("access_token")
        guard let dot = token.lastIndex(of: UInt8(ascii: ".")), token.count - dot - 1 == Self.signatureCharacterCount,
            let start = bytes.firstRange(of: token)?.lowerBound
        else { throw BenchmarkError("the answer has no ES256 token") }
        signed = start..<start + dot
    }

    /// 64 bytes in base64url.
    private static let signatureCharacterCount = 86
}
