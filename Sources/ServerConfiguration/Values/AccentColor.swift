import Glibc

/// The colour of links and buttons on the pages, readable on their light background.
package struct AccentColor: Hashable, Sendable {
    private let red: Int
    private let green: Int
    private let blue: Int

    /// WCAG 2.2, 1.4.3: the least contrast of text.
    package static let contrastMin = 4.5
    private static let lightPaper = AccentColor(red: 0xFF, green: 0xFF, blue: 0xFF)
    private static let darkPaper = AccentColor(red: 0x18, green: 0x1C, blue: 0x22)

    private init(red: Int, green: Int, blue: Int) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// Reads `#0b57d0`; `nil` for anything else.
    package init?(_ text: String) {
        guard text.wholeMatch(of: /#[0-9A-Fa-f]{6}/) != nil, let number = Int(text.dropFirst(), radix: 16) else {
            return nil
        }
        self.init(red: number >> 16, green: number >> 8 & 0xFF, blue: number & 0xFF)
    }

    /// The colour as CSS has it.
    package var text: String { "#" + [red, green, blue].map(Self.hexadecimal).joined() }

    private static func hexadecimal(_ value: Int) -> String {
        let digits = String(value, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }

    /// The contrast with the pages' light background, from 1 to 21.
    package var contrastOnLight: Double { contrast(with: Self.lightPaper) }

    /// The colour for pages in the dark, made lighter until its contrast is sufficient there.
    package var onDark: AccentColor {
        let lighter = (0...16).lazy.map { mixedWithWhite(sixteenths: $0) }
        return lighter.first { $0.contrast(with: Self.darkPaper) >= Self.contrastMin } ?? Self.lightPaper
    }

    private func mixedWithWhite(sixteenths: Int) -> AccentColor {
        func mixed(_ value: Int) -> Int { value + (255 - value) * sixteenths / 16 }
        return AccentColor(red: mixed(red), green: mixed(green), blue: mixed(blue))
    }

    // WCAG 2.2: contrast ratio and relative luminance.
    func contrast(with other: AccentColor) -> Double {
        let (one, two) = (luminance, other.luminance)
        return (max(one, two) + 0.05) / (min(one, two) + 0.05)
    }

    private var luminance: Double {
        func linear(_ value: Int) -> Double {
            let share = Double(value) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}
