/// A picture that every page shows at its head; what it is, is decided by its content and not by a file's name.
///
/// SVG is refused: such a file can contain scripts, which run in the consent page's origin when its address is opened.
package struct LogoImage: Hashable, Sendable {
    /// What browsers can show without running anything.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        /// PNG (W3C PNG Specification §5.2).
        case png
        /// JPEG (ITU-T T.81 §B.1.1.3).
        case jpeg
        /// WebP (RFC 9649 §2.4).
        case webp
        /// GIF (GIF89a Specification §17).
        case gif

        /// The media type.
        package var mediaType: String { "image/\(rawValue)" }
    }

    /// Why a file is no logo, as a message states it after the file's name.
    package struct Refusal: Error, Hashable {
        /// Such as "is empty".
        package let reason: String
    }

    /// The longest picture: each visitor loads it once, and each node keeps it in memory.
    package static let byteCountMax = 256 << 10

    /// What the content is.
    package let kind: Kind
    /// The file's content, at most ``byteCountMax`` bytes.
    package let bytes: [UInt8]

    /// The picture with a file's content.
    ///
    /// - Throws: Why the content cannot be a logo, and what can.
    package init(_ bytes: [UInt8]) throws(Refusal) {
        guard !bytes.isEmpty else { throw Refusal(reason: "is empty") }
        guard bytes.count <= Self.byteCountMax else {
            let kibibytes = (bytes.count + 1023) / 1024
            throw Refusal(reason: "has \(kibibytes) KiB; a logo has at most \(Self.byteCountMax / 1024) KiB")
        }
        guard let kind = Self.kind(bytes) else {
            let what = Self.isVectorGraphics(bytes) ? "is an SVG, which can contain scripts" : "is no picture"
            throw Refusal(reason: "\(what); use PNG, JPEG, WebP or GIF")
        }
        self.kind = kind
        self.bytes = bytes
    }

    private static func kind(_ bytes: [UInt8]) -> Kind? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8) { return .gif }
        // The four bytes between the two names are the file's length.
        if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return .webp }
        return nil
    }

    // Only for the message: what no browser shows is refused in any case.
    private static func isVectorGraphics(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes.prefix(4096), as: UTF8.self).contains("<svg")
    }
}

/// The file of a logo, and the picture that a host has read from it.
package struct LogoFile: Hashable, Sendable {
    /// The file.
    package var path: String
    /// The picture; `nil` until a host has read the file.
    ///
    /// It is part of the value, so that a reload sees a file whose content was replaced.
    package var image: LogoImage?

    /// A file, and its picture if it has been read.
    package init(path: String, image: LogoImage? = nil) {
        self.path = path
        self.image = image
    }
}
