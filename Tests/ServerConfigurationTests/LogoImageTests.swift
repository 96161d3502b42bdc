import Testing

@testable import ServerConfiguration

@Suite("branding.logo_file: what a logo is, by its content")
struct LogoImageTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let webp = Array("RIFF".utf8) + [4, 0, 0, 0] + Array("WEBPVP8 ".utf8)

    @Test(
        "PNG, JPEG, WebP and GIF are recognized",
        arguments: [
            (png, "image/png"), ([0xFF, 0xD8, 0xFF, 0xE0], "image/jpeg"), (webp, "image/webp"),
            (Array("GIF87a".utf8), "image/gif"), (Array("GIF89a".utf8), "image/gif"),
        ]
    )
    func recognized(_ bytes: [UInt8], _ mediaType: String) throws {
        #expect(try LogoImage(bytes + [0]).kind.mediaType == mediaType)
    }

    @Test(
        "anything else is refused with what can be used instead",
        arguments: [
            ([], "is empty"), (Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8), svg),
            (Array("\u{FEFF}<?xml version='1.0'?>\n<!-- logo -->\n<svg/>".utf8), svg),
            (Array("<html><script>alert(1)</script>".utf8), unknown), (Array("GIF88a".utf8), unknown),
            (Array("RIFF....WAVE".utf8), unknown), (Array("RIFF".utf8), unknown), (Array(png.dropLast()), unknown),
            ([0xFF, 0xD8], unknown), (Array("\n".utf8) + png, unknown),
        ] as [([UInt8], String)]
    )
    func refused(_ bytes: [UInt8], _ reason: String) {
        #expect(throws: LogoImage.Refusal(reason: reason)) { try LogoImage(bytes) }
    }

    private static let svg = "is an SVG, which can contain scripts; use PNG, JPEG, WebP or GIF"
    private static let unknown = "is no picture; use PNG, JPEG, WebP or GIF"

    @Test("256 KiB are accepted, one byte more is not")
    func bound() throws {
        let longest = Self.png + [UInt8](repeating: 0, count: LogoImage.byteCountMax - Self.png.count)
        #expect(try LogoImage(longest).bytes.count == 256 * 1024)
        #expect(throws: LogoImage.Refusal(reason: "has 257 KiB; a logo has at most 256 KiB")) {
            try LogoImage(longest + [0])
        }
    }
}
