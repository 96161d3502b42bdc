extension String {
    /// Appends text from outside to markup, escaped for element content and for quoted attributes (D-58).
    package mutating func append(escapedForHTML text: String) {
        for character in text.unicodeScalars {
            switch character {
            case "&": self += "&amp;"
            case "<": self += "&lt;"
            case ">": self += "&gt;"
            case "\"": self += "&quot;"
            case "'": self += "&#39;"
            default: unicodeScalars.append(character)
            }
        }
    }
}
