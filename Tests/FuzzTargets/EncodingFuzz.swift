import OAuthProtocol

enum EncodingFuzz {
    /// RFC 6749 Appendix B: what was read and is written again reads as the same.
    static func form(_ bytes: [UInt8]) -> String? {
        guard let form = try? FormParameters(parsing: bytes) else { return nil }
        let pairs = form.names.flatMap { name in form.values(name).map { (name, $0) } }
        guard let again = try? FormParameters(query: FormParameters.serialize(pairs), maximumCount: 100) else {
            return "a form that was written cannot be read"
        }
        for (name, value) in pairs where !again.values(name).contains(where: { $0.utf8.elementsEqual(value.utf8) }) {
            return "a parameter was lost"
        }
        return nil
    }

    /// RFC 8259: what was accepted and is written again reads as the same.
    static func json(_ bytes: [UInt8]) -> String? {
        guard let value = try? JSONParser.parse(bytes) else { return nil }
        guard let again = try? JSONParser.parse(value.serialized()) else { return "written JSON cannot be read" }
        return again == value ? nil : "written JSON reads as something else"
    }

    /// RFC 4648 §5: one text for each value (D-34).
    static func base64URL(_ bytes: [UInt8]) -> String? {
        if Base64URL.decode(Base64URL.encode(bytes)) != bytes { return "bytes do not come back" }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let decoded = Base64URL.decode(text) else { return nil }
        return Base64URL.encode(decoded) == text ? nil : "two texts have the same bytes"
    }

    /// RFC 3986.
    static func uri(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let uri = URIReference(text) else { return nil }
        return uri.text == text && text.utf8.allSatisfy { 0x21...0x7E ~= $0 } ? nil : "a URI that is none is accepted"
    }

    /// AZ-4…6: only the port of loopback http may differ.
    ///
    /// The input is the requested URI, a line feed, and the registered one.
    static func redirectURI(_ bytes: [UInt8]) -> String? {
        let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let (requested, registered) = (
            String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self)
        )
        let isAllowed = (try? RedirectURI.validateForRegistration(registered, policy: .init())) != nil
        guard isAllowed, RedirectURI.match(requested, among: [registered]) else { return nil }
        if requested.utf8.elementsEqual(registered.utf8) { return nil }
        guard let left = URIReference(requested), let right = URIReference(registered) else { return "no URI matches" }
        let isSame =
            left.scheme == "http" && right.scheme == "http" && left.host == right.host && left.path == right.path
            && left.query == right.query && left.userInformation == nil && left.fragment == nil
        return isSame ? nil : "\(requested) matches \(registered)"
    }
}
