package import OAuthProtocol

extension JSONObject {
    /// The value at a path: the member of exactly that name, or names joined by dots through nested objects.
    ///
    /// The whole path is tried as a name first, because namespaced claims are URLs with dots in them. The elements of
    /// an array are named by their index: `emails.0.value`, or `emails[0].value`.
    package func value(at path: String) -> JSONValue? {
        if let value = self[path] { return value }
        guard let end = path.utf8.firstIndex(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") }),
            end > path.startIndex
        else { return nil }
        return self[String(path[..<end])]?.value(below: path[end...])
    }

    /// The first value that is present and not null.
    func firstValue(at paths: [String]) -> JSONValue? {
        for path in paths {
            if let value = value(at: path), value != .null { return value }
        }
        return nil
    }

    /// The first value that is a string that is not empty, or a whole number other than 0, which means success.
    func firstCode(at paths: [String]) -> String? {
        for path in paths {
            let value = value(at: path)
            if let text = value?.stringValue, !text.isEmpty { return text }
            if let number = value?.integerValue, number != 0 { return String(number) }
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

extension JSONValue {
    /// The value at the rest of a path, which begins with a separator.
    fileprivate func value(below rest: Substring) -> JSONValue? {
        guard !rest.isEmpty else { return self }
        let path = rest.drop { $0 == "." }
        switch self {
        case .object(let object): return path.first == "[" ? nil : object.value(at: String(path))
        case .array(let elements):
            let isBracketed = path.first == "["
            let digits = (isBracketed ? path.dropFirst() : path).prefix { ("0"..."9").contains($0) }
            guard 1...4 ~= digits.utf8.count, let index = Int(digits), elements.indices.contains(index) else {
                return nil
            }
            var remaining = path[digits.endIndex...]
            if isBracketed {
                guard remaining.first == "]" else { return nil }
                remaining = remaining.dropFirst()
            }
            guard remaining.isEmpty || remaining.first == "." || remaining.first == "[" else { return nil }
            return elements[index].value(below: remaining)
        case .null, .bool, .number, .string: return nil
        }
    }
}

extension String {
    /// A template with a token in place of its marker.
    func filling(_ token: String) -> String {
        var text = ""
        var rest = self[...]
        while let brace = rest.firstIndex(of: "{") {
            text += rest[..<brace]
            rest = rest[brace...]
            if rest.hasPrefix(UserInfoMapping.tokenMarker) {
                text += token
                rest = rest.dropFirst(UserInfoMapping.tokenMarker.count)
            } else {
                text += "{"
                rest = rest.dropFirst()
            }
        }
        return text + rest
    }
}
