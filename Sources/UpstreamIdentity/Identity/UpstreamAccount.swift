import Foundations
package import OAuthProtocol

/// The user's account, as described by a provider's JSON.
struct UpstreamAccount: Hashable, Sendable {
    /// The stable identifier at the provider, with its tenant if the subject is relative to one.
    var subject: String
    /// The account's name for the user.
    var accountName: String?
    /// The user's name.
    var name: String?
    /// The address that the provider has verified.
    var verifiedEmail: String?

    /// The longest text that is stored, in bytes.
    static let textByteCountMax = 512
}

extension IdentityPaths {
    /// The account at these paths.
    ///
    /// - Throws: ``UpstreamError`` `userInfoFailed` without a subject, or without a tenant where one is required.
    func account(
        in json: JSONObject,
        verifiedEmail rule: UpstreamBehaviour.VerifiedEmailRule
    ) throws(UpstreamError) -> UpstreamAccount {
        UpstreamAccount(
            subject: try accountSubject(in: json),
            accountName: json.displayText(at: accountName),
            name: json.displayText(at: name),
            verifiedEmail: verifiedEmail(in: json, rule)
        )
    }

    /// The subject, preceded by its tenant if there is one (JB-8).
    ///
    /// - Throws: ``UpstreamError`` `userInfoFailed` without a usable subject or tenant.
    package func accountSubject(in json: JSONObject) throws(UpstreamError) -> String {
        guard let subject = json.firstValue(at: subject)?.identifier else {
            throw UpstreamError(.userInfoFailed, "the answer has no usable \(subject.joined(separator: " or "))")
        }
        guard !tenant.isEmpty else { return subject }
        guard var tenant = json.firstValue(at: tenant)?.identifier else {
            throw UpstreamError(.userInfoFailed, "the answer has no usable \(tenant.joined(separator: " or "))")
        }
        // A UUID in upper case names the same tenant.
        if IssuerRule.isTenantName(tenant.lowercased()) { tenant = tenant.lowercased() }
        // Neither part contains the separator, so that two different pairs stay different.
        guard !subject.utf8.contains(UInt8(ascii: "/")), !tenant.utf8.contains(UInt8(ascii: "/")) else {
            throw UpstreamError(.userInfoFailed, "the account or its tenant has a forbidden character")
        }
        return tenant + "/" + subject
    }

    /// D-63: only an address that the provider has verified; `false`, a missing value and every other spelling mean
    /// that it has not.
    private func verifiedEmail(in json: JSONObject, _ rule: UpstreamBehaviour.VerifiedEmailRule) -> String? {
        guard case .claim(let claim) = rule, let value = json.value(at: claim) else { return nil }
        // Some providers write the boolean as a string or a number.
        guard [true, "true", 1, "1"].contains(value) else { return nil }
        return json.displayText(at: email)
    }
}

extension JSONObject {
    /// The first text that may be shown: not empty, not too long, without control characters.
    fileprivate func displayText(at paths: [String]) -> String? {
        for path in paths {
            guard let text = value(at: path)?.stringValue, text.isFitForDisplay else { continue }
            return text
        }
        return nil
    }
}

extension JSONValue {
    /// A subject: a string, or an integer digit by digit.
    ///
    /// A number that went through a float would be another user's (UP-2): 9007199254740993 is one.
    fileprivate var identifier: String? {
        switch self {
        case .string(let text):
            text.isFitForDisplay && text.utf8.count <= IDTokenVerifier.subjectByteCountMax ? text : nil
        case .number(let number):
            number.text.utf8.count <= 64 && number.text.utf8.allSatisfy(\.isASCIIDigit) ? number.text : nil
        case .null, .bool, .array, .object: nil
        }
    }
}

extension String {
    /// Whether the text is not empty, not too long and free of control characters.
    var isFitForDisplay: Bool {
        1...UpstreamAccount.textByteCountMax ~= utf8.count
            && unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
