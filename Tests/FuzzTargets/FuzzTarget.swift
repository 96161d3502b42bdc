/// A reader of outside input, with what must hold for any bytes; besides that it must not crash.
///
/// `make fuzz` feeds each with inputs that libFuzzer makes; `make test` replays the inputs in `Tests/FuzzTests/Corpus`.
package struct FuzzTarget: Sendable {
    /// The name of its folder in the corpus.
    package let name: String
    /// Reads the input; returns what is wrong, or nil.
    package let examine: @Sendable ([UInt8]) -> String?

    /// Every target.
    package static let all: [FuzzTarget] =
        [
            FuzzTarget(name: "http-request", examine: HTTPFuzz.request),
            FuzzTarget(name: "form", examine: EncodingFuzz.form),
            FuzzTarget(name: "json", examine: EncodingFuzz.json),
            FuzzTarget(name: "base64url", examine: EncodingFuzz.base64URL),
            FuzzTarget(name: "uri", examine: EncodingFuzz.uri),
            FuzzTarget(name: "redirect-uri", examine: EncodingFuzz.redirectURI),
            FuzzTarget(name: "jwt", examine: JOSEFuzz.token),
            FuzzTarget(name: "jwks", examine: JOSEFuzz.keySet),
            FuzzTarget(name: "authorization-request", examine: ClientFuzz.authorizationRequest),
            FuzzTarget(name: "client-metadata", examine: ClientFuzz.metadata),
            FuzzTarget(name: "metadata-document", examine: ClientFuzz.document),
            FuzzTarget(name: "configuration", examine: ConfigurationFuzz.tree),
            FuzzTarget(name: "records", examine: StorageFuzz.records),
        ] + InternalFuzz.targets

    /// The target with a name.
    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
