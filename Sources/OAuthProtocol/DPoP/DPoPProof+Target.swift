/// RFC 9449 §4.3 #8, #9: the proof is for this method and this URI.
extension DPoPProof {
    func checkMethod(_ method: String) throws(JOSEError) {
        guard let claimed = claims["htm"] else { throw .missingClaim("htm") }
        // RFC 9110 §9.1: methods are case-sensitive.
        guard claimed.stringValue?.hasSameBytes(as: method) == true else { throw .invalidClaim("htm") }
    }

    func checkTarget(_ use: DPoPUse) throws(JOSEError) {
        guard let claimed = claims["htu"] else { throw .missingClaim("htu") }
        let requests = use.targets.compactMap(NormalizedTarget.init)
        guard let target = claimed.stringValue.flatMap(NormalizedTarget.init),
            requests.contains(target) || use.resource?.isNamed(by: target, in: requests) ?? false
        else { throw .invalidClaim("htu") }
    }
}
