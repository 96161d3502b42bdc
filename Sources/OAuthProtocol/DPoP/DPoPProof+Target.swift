/// RFC 9449 §4.3 #8, #9: the proof is for this method and this URI.
extension DPoPProof {
    func checkMethod(_ method: String) throws(JOSEError) {
        guard let claimed = claims["htm"] else { throw .missingClaim("htm") }
        // RFC 9110 §9.1: methods are case-sensitive.
        guard claimed.stringValue?.hasSameBytes(as: method) == true else { throw .invalidClaim("htm") }
    }

    func checkTarget(_ targets: [String]) throws(JOSEError) {
        guard let claimed = claims["htu"] else { throw .missingClaim("htu") }
        guard let target = claimed.stringValue.flatMap(NormalizedTarget.init),
            targets.contains(where: { NormalizedTarget($0) == target })
        else { throw .invalidClaim("htu") }
    }
}
