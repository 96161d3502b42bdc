extension AccessTokenClaims {
    /// Writes the claims as the payload of a token, with dates as integers (JW-1, D-38).
    package func payload() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(AccessTokenClaims.usualByteCount)
        // Our names need no escaping; values may come from anywhere and go through the writer. Each name is appended
        // together with the quotes around it: fewer, longer copies.
        output.append(contentsOf: #"{"iss":""#.utf8)
        JSONWriter.appendCharacters(of: issuer, to: &output)
        output.append(contentsOf: #"","sub":""#.utf8)
        JSONWriter.appendCharacters(of: subject, to: &output)
        output.append(contentsOf: #"","aud":""#.utf8)
        JSONWriter.appendCharacters(of: audience, to: &output)
        output.append(contentsOf: #"","client_id":""#.utf8)
        JSONWriter.appendCharacters(of: clientID, to: &output)
        if !scope.isEmpty {
            output.append(contentsOf: #"","scope":""#.utf8)
            JSONWriter.appendCharacters(of: scope, to: &output)
        }
        if let sessionID {
            output.append(contentsOf: #"","tsid":""#.utf8)
            JSONWriter.appendCharacters(of: sessionID, to: &output)
        }
        output.append(contentsOf: #"","jti":""#.utf8)
        JSONWriter.appendCharacters(of: tokenID, to: &output)
        output.append(contentsOf: #"","iat":"#.utf8)
        JSONWriter.append(issuedAt.secondsSinceEpoch, to: &output)
        output.append(contentsOf: #","exp":"#.utf8)
        JSONWriter.append(expiresAt.secondsSinceEpoch, to: &output)
        if let authenticatedAt {
            output.append(contentsOf: #","auth_time":"#.utf8)
            JSONWriter.append(authenticatedAt.secondsSinceEpoch, to: &output)
        }
        if let actor {
            output.append(contentsOf: #","act":"#.utf8)
            JSONWriter.append(.object(actor), to: &output)
        }
        if let boundKey {
            output.append(contentsOf: #","cnf":{"jkt":""#.utf8)
            output.append(contentsOf: boundKey.text.utf8)
            output.append(contentsOf: #""}"#.utf8)
        }
        if !additionalClaims.isEmpty { appendAdditionalClaims(to: &output) }
        output.append(UInt8(ascii: "}"))
        return output
    }

    private static let usualByteCount = 512

    /// A provider that names a claim `sub` or `cnf` must not decide who the token's user or holder is.
    private func appendAdditionalClaims(to output: inout [UInt8]) {
        for (name, value) in additionalClaims.members where !AccessTokenClaims.reservedNames.contains(name) {
            output.append(UInt8(ascii: ","))
            JSONWriter.append(name, to: &output)
            output.append(UInt8(ascii: ":"))
            JSONWriter.append(value, to: &output)
        }
    }
}
