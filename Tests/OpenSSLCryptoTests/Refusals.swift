import OpenSSLCrypto
import Testing

/// Expects `operation` to throw a `CryptoError` of this kind.
func expectRefusal<Result>(
    _ code: CryptoError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ operation: () throws(CryptoError) -> Result
) {
    do {
        _ = try operation()
        Issue.record("expected \(code.rawValue), but it succeeded", sourceLocation: sourceLocation)
    } catch {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    }
}
