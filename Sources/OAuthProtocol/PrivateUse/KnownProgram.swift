import Foundations

/// RFC 8252 §7.1: a program that is known to receive its answers at private-use redirect URIs (C-1).
///
/// Many desktop programs use a scheme without a domain in it, so that the scheme alone proves no owner. A row of the
/// table therefore accepts only where the program really listens: its scheme, one of its authorities, and a path that
/// is about a callback. Other addresses of the same scheme are commands, such as `cursor://…/mcp/install`.
package struct KnownProgram: Hashable, Sendable {
    /// Which authorities belong to the program.
    package enum Authority: Hashable, Sendable {
        /// One of these, byte for byte.
        case exact([String])
        /// An extension of an editor, by its id `PUBLISHER.NAME`: its publisher owns it as a domain is owned.
        case editorExtension
    }

    /// Which paths below the authority are callbacks.
    package enum Path: Hashable, Sendable {
        /// Any, the empty one included: the authority receives nothing but answers.
        case any
        /// This path and those below it.
        case below(String)
        /// A path with a segment that names a callback, such as `/mcp-auth/callback/HASH`.
        case namingCallback
    }

    /// The program's name, as the consent page shows it.
    package let name: String
    /// Its schemes, in lower case.
    package let schemes: [String]
    /// Its authorities.
    package let authority: Authority
    /// Its paths.
    package let path: Path
    /// The query parameter that the program adds to its registered redirect URI when it sends a user here.
    package let addedParameter: String?

    init(
        _ name: String,
        _ schemes: [String],
        _ authority: Authority,
        _ path: Path,
        addedParameter: String? = nil
    ) {
        self.name = name
        self.schemes = schemes
        self.authority = authority
        self.path = path
        self.addedParameter = addedParameter
    }

    /// The program that receives answers at a redirect URI; `nil` when no row of the table accepts it.
    package static func receiving(_ redirectURI: String) -> KnownProgram? {
        guard let uri = URIReference(redirectURI) else { return nil }
        return all.first { $0.accepts(uri) }
    }

    /// Whether a row's scheme, authority and path are those of a URI.
    package func accepts(_ uri: URIReference) -> Bool {
        guard schemes.contains(where: { uri.text.hasPrefix($0 + "://") }),
            uri.userInformation == nil, uri.port == nil, uri.fragment == nil, Self.isPlain(uri),
            let host = uri.host
        else { return false }
        return accepts(authority: host) && accepts(path: uri.path)
    }

    private func accepts(authority host: String) -> Bool {
        switch authority {
        case .exact(let hosts): hosts.contains { $0.hasSameBytes(as: host) }
        case .editorExtension: Self.isExtensionID(host)
        }
    }

    private func accepts(path: String) -> Bool {
        switch self.path {
        case .any: true
        case .below(let prefix): path == prefix || path.hasPrefix(prefix + "/")
        case .namingCallback: path.split(separator: "/").contains(where: Self.namesCallback)
        }
    }

    // A program may resolve dots and escapes, and would then be at another address than the one that was accepted.
    private static func isPlain(_ uri: URIReference) -> Bool {
        !uri.hasDotSegments && !uri.path.utf8.contains(UInt8(ascii: "%")) && !uri.path.contains("//")
    }

    // `PUBLISHER.NAME`, as editors spell the ids of extensions.
    private static func isExtensionID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                guard let first = part.first, first != UInt8(ascii: "-"), part.count <= 64 else { return false }
                return part.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
            }
    }

    private static func namesCallback(_ segment: Substring) -> Bool {
        let lowercase = segment.lowercased()
        return ["auth", "callback"].contains { lowercase.contains($0) }
    }
}

extension KnownProgram {
    /// Whether a requested redirect URI is a registered one with the parameter that its program adds (C-1).
    ///
    /// Warp registers `warp://mcp/oauth2callback` and asks with `?server_id=…` behind it. The receiver, its authority
    /// and its path are the registered ones; the code remains bound to the bytes that were requested.
    package static func matches(requested: String, registered: String) -> Bool {
        guard let uri = URIReference(registered), uri.query == nil,
            let parameter = receiving(registered)?.addedParameter,
            requested.hasPrefix(registered + "?" + parameter + "=")
        else { return false }
        let value = requested.utf8.dropFirst(registered.utf8.count + parameter.utf8.count + 2)
        return (1...128).contains(value.count)
            && value.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "-_".utf8.contains($0) }
    }
}
