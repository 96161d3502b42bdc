package import OAuthProtocol

extension JSONObject {
    /// The value at a path: the member of exactly that name, or names joined by dots through nested objects.
    ///
    /// The whole path is tried as a name first, because namespaced claims are URLs with dots in them.
    package func value(at path: String) -> JSONValue? {
        if let value = self[path] { return value }
        guard let dot = path.utf8.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        return self[String(path[..<dot])]?.objectValue?.value(at: String(path[path.utf8.index(after: dot)...]))
    }

    /// The first value that is present and not null.
    func firstValue(at paths: [String]) -> JSONValue? {
        for path in paths {
            if let value = value(at: path), value != .null { return value }
        }
        return nil
    }

    /// The first value that is a string that is not empty.
    func firstText(at paths: [String]) -> String? {
        for path in paths {
            if let text = value(at: path)?.stringValue, !text.isEmpty { return text }
        }
        return nil
    }
}
