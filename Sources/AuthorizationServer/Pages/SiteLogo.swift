import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration

/// The operator's logo at its address, which names the content: another picture has another address.
struct SiteLogo: Sendable {
    /// The picture.
    let image: LogoImage
    /// The last segment of the address: a part of the content's SHA-256 digest, and the kind.
    let fileName: String

    /// The addresses of logos, relative to the issuer.
    static let pattern = "/logo/{name}"

    /// The logo that the configuration names and its host has read.
    init?(_ branding: Configuration.Branding) {
        guard let image = branding.logoFile?.image else { return nil }
        self.image = image
        // 96 bits suffice: only the operator chooses what is at this address.
        fileName = Base64URL.encode(Array(SHA256.hash(image.bytes).bytes.prefix(12))) + "." + image.kind.rawValue
    }

    /// The address, relative to the issuer.
    var path: String { "/logo/" + fileName }
}
