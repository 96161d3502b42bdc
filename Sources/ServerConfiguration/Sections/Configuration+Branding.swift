import OAuthProtocol

extension Configuration {
    /// Whose server this is, as the pages for people say it.
    package struct Branding: Hashable, Sendable {
        /// The site's name; the issuer's host without one.
        package var name: String?
        /// The picture at the head of every page.
        package var logoFile: LogoFile?
        /// The colour of links and buttons.
        package var accentColor: AccentColor?
        /// Where users get help.
        package var supportURL: String?
        /// The legal notice.
        package var imprintURL: String?
        /// A line at the end of every page.
        package var footer: String?

        /// Our own look.
        package init() {}
    }
}

extension Configuration.Branding {
    static let keys = KeySection(Self()) {
        Key(
            "name",
            \.name,
            .text { Self.lineObjection($0, countMax: 60) },
            default: "the issuer's host",
            "The site's name, at the head of every page; at most 60 characters."
        )
        Key(
            "logo_file",
            \.logoFile,
            .logo,
            """
            A PNG, JPEG, WebP or GIF file of at most 256 KiB that every page shows at its head, with the name as its \
            alternative text. SVG is refused, because it can contain scripts. A reload reads the file again.
            """
        )
        Key(
            "accent_color",
            \.accentColor,
            .accentColor,
            default: "`#0b57d0`",
            """
            The colour of links and buttons, with a contrast of at least 4.5 to 1 on white; pages in the dark have a \
            lighter one.
            """
        )
        Key("support_url", \.supportURL, .endpoint, "The address where users get help; each page has a link to it.")
        Key("imprint_url", \.imprintURL, .endpoint, "The address of the legal notice; each page has a link to it.")
        Key(
            "footer",
            \.footer,
            .text { Self.lineObjection($0, countMax: 300) },
            "A line at the end of every page; at most 300 characters."
        )
    }

    private static func lineObjection(_ text: String, countMax: Int) -> String? {
        guard text.count <= countMax else { return "must have at most \(countMax) characters" }
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
            default: true
            }
        }
        return isPlain ? nil : "must be one line without control characters"
    }
}

extension Format where Value == AccentColor {
    /// A colour that text can have on a white page.
    static var accentColor: Format {
        Format(
            "`#rrggbb`",
            schema: ["type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"],
            read: { cursor, _ in
                guard let text = cursor.string({ objection(to: $0) }) else { return nil }
                return AccentColor(text)
            },
            write: { .string($0.text) }
        )
    }

    private static func objection(to text: String) -> String? {
        guard let color = AccentColor(text) else { return "must be a colour such as #0b57d0" }
        guard color.contrastOnLight < AccentColor.contrastMin else { return nil }
        let contrast = Double(Int(color.contrastOnLight * 10)) / 10
        return "has a contrast of \(contrast) to 1 on white; text needs 4.5 to 1: choose a darker colour"
    }
}
